import Diagnosis
import Terms

/// The checkpoints of a run: norms of the weights over its steps, and in the last one what its layers' activations show.
package enum CheckpointPlot {
    private struct Group {
        var name: String
        var line: String
        var sign: Markup.Sign
        var style: String
        var label: String
    }

    private static let groups = [
        Group(name: "embedding", line: "loss main", sign: .diamond, style: "operation embedding", label: "embedding"),
        Group(name: "attention", line: "norm main", sign: .circle, style: "operation attention", label: "attention"),
        Group(name: "mlp", line: "rate main", sign: .square, style: "operation mlp", label: "MLP"),
        Group(name: "norm", line: "weights main", sign: .triangle, style: "operation layernorm", label: "layer norms"),
    ]

    /// The plot; `nil` where fewer than two checkpoints were read and none of them was run.
    package static func drawing(_ checkpoints: [CheckpointReport]) -> Drawing? {
        let checkpoints = checkpoints.sorted { ($0.step, $0.name) < ($1.step, $1.name) }
        let last = checkpoints.last { $0.zeroShare?.isEmpty == false || $0.attentionPeak?.isEmpty == false }
        let hasNorms = checkpoints.count > 1 && checkpoints.first?.step != checkpoints.last?.step
        guard hasNorms || last != nil else { return nil }
        let shown = groups.filter { group in hasNorms && checkpoints.contains { $0.weightNorms[group.name] != nil } }
        return Drawing { size in
            let frame = PlotFrame(
                name: "checkpoints",
                title: "Checkpoints",
                subtitle: subtitle(checkpoints, last),
                description: description(checkpoints, shown, last),
                key: key(shown, last),
                size: size
            )
            var marks: [Markup] = []
            var top = frame.headHeight + 4
            if hasNorms {
                let area = area(size, top: top, height: size.height(200))
                marks += norms(checkpoints, shown, in: area, size)
                top = area.bottom + 72
            }
            if let last {
                let area = area(size, top: top, height: 130)
                marks += layers(last, in: area, size)
                top = area.bottom + 72
            }
            return frame.svg(height: top - 14, marks: marks)
        }
    }

    private static func area(_ size: PlotSize, top: Double, height: Double) -> Rectangle {
        let left = size == .wide ? 76.0 : 62
        return Rectangle(x: left, y: top, width: size.width - left - size.right, height: height)
    }

    private static func subtitle(_ checkpoints: [CheckpointReport], _ last: CheckpointReport?) -> String {
        let first = checkpoints.first?.step ?? 0
        let steps = NumberText.steps(first, checkpoints.last?.step) ?? ""
        let below = last.map { " · below: the layers of \(SafeText.line($0.name, limit: 60))" } ?? ""
        return "\(NumberText.count(checkpoints.count, "checkpoint")), \(steps)\(below)"
    }

    private static func key(_ groups: [Group], _ last: CheckpointReport?) -> [PlotFrame.KeyEntry] {
        var key = groups.map { PlotFrame.KeyEntry(sample: .mark($0.sign, $0.style), label: "weights: \($0.label)") }
        if last?.zeroShare?.isEmpty == false {
            key.append(.init(sample: .mark(.square, "operation mlp"), label: "layers: MLP activations that are zero"))
        }
        if last?.attentionPeak?.isEmpty == false {
            key.append(
                .init(sample: .mark(.circle, "operation attention"), label: "layers: attention on a single token")
            )
        }
        if last != nil { key.append(.init(sample: .line("limit"), label: "where a finding begins")) }
        return key
    }

    private static func description(
        _ checkpoints: [CheckpointReport],
        _ groups: [Group],
        _ last: CheckpointReport?
    ) -> String {
        var sentences = groups.compactMap { group -> String? in
            let norms = checkpoints.compactMap { $0.weightNorms[group.name]?.value }
            guard let first = norms.first, let end = norms.last else { return nil }
            return "Norm of the \(group.label) weights from \(NumberText.short(first)) to \(NumberText.short(end))."
        }
        if let most = last?.zeroShare?.map(\.value).max() {
            sentences.append("In one layer at most, \(NumberText.percent(most)) of the MLP activations are zero.")
        }
        if let most = last?.attentionPeak?.map(\.value).max() {
            sentences.append("The highest concentration of attention is \(NumberText.fixed(most, 2)).")
        }
        return sentences.joined(separator: " ")
    }

    private static func norms(
        _ checkpoints: [CheckpointReport],
        _ groups: [Group],
        in area: Rectangle,
        _ size: PlotSize
    ) -> [Markup] {
        let steps = checkpoints.map { Double($0.step) }
        let all = checkpoints.flatMap { checkpoint in groups.compactMap { checkpoint.weightNorms[$0.name]?.value } }
        let domain =
            ValueDomain(all, logarithmicFrom: 30, cutsOutliers: true) ?? ValueDomain(range: 0...1, isLogarithmic: false)
        let y = Scale(domain: domain.range, start: area.bottom, end: area.y, isLogarithmic: domain.isLogarithmic)
        let x = Scale(domain: (steps.first ?? 0)...(steps.last ?? 1), start: area.x, end: area.right)
        let panel = Panel(frame: area, steps: x, values: y, title: "norm of the weights", size: size)
        var marks = [panel.verticalAxis(), panel.horizontalAxis(labelled: true)]
        for group in groups {
            let points = checkpoints.compactMap { checkpoint in
                checkpoint.weightNorms[group.name].map { (x: x.position(Double(checkpoint.step)), value: $0.value) }
            }
            let data = points.filter { $0.value.isFinite }.enumerated().map { index, point in
                "\(index == 0 ? "M" : "L")\(coordinate(point.x)) \(coordinate(y.position(point.value)))"
            }.joined()
            marks.append(.path(group.line, data))
            for point in points {
                marks.append(
                    point.value.isFinite
                        ? .sign(group.sign, group.style, x: point.x, y: y.position(point.value))
                        : .sign(.cross, "nonfinite-cross", x: point.x, y: area.y + 6)
                )
            }
        }
        marks.append(.text("axis-title", area.x + area.width / 2, area.bottom + 38, "optimizer step", anchor: "middle"))
        return marks
    }

    private static func layers(_ checkpoint: CheckpointReport, in area: Rectangle, _ size: PlotSize) -> [Markup] {
        let zeros = (checkpoint.zeroShare ?? []).prefix(400).map(\.value)
        let peaks = (checkpoint.attentionPeak ?? []).prefix(400).map(\.value)
        let count = max(zeros.count, peaks.count)
        let y = Scale(domain: 0...1, start: area.bottom, end: area.y)
        let x = Scale(domain: -0.5...(Double(count) - 0.5), start: area.x, end: area.right)
        let panel = Panel(frame: area, steps: x, values: y, title: "share", size: size)
        var marks = [panel.verticalAxis()]
        // Both limits are near 1: each is named on its own side, the higher one above the panel.
        let limits = [
            (CheckpointHealth.dead.value, "zero", zeros), (CheckpointHealth.peaked.value, "attention", peaks),
        ]
        .filter { !$0.2.isEmpty }.sorted { $0.0 > $1.0 }
        for (index, limit) in limits.enumerated() {
            let place = y.position(limit.0)
            marks.append(.line("limit", area.x, place, area.right, place))
            let label = "\(limit.1): finding from \(NumberText.short(limit.0))"
            marks.append(.text("value", area.right, place + (index == 0 ? -5 : 13), label, anchor: "end"))
        }
        for (values, sign, style) in [
            (zeros, Markup.Sign.square, "operation mlp"), (peaks, .circle, "operation attention"),
        ] {
            for (layer, value) in values.enumerated() where value.isFinite {
                marks.append(.sign(sign, style, x: x.position(Double(layer)), y: y.position(value)))
            }
        }
        let layers = Ticks.linear(0, max(Double(count) - 1, 1), count: size.ticks, minimumStep: 1).filter {
            $0 < Double(count)
        }
        marks.append(.line("axis", area.x, area.bottom, area.right, area.bottom))
        for layer in layers {
            let label = String(Int(layer))
            marks.append(.text("tick", x.position(layer), area.bottom + 18, label, anchor: "middle"))
        }
        return marks + [.text("axis-title", area.x + area.width / 2, area.bottom + 38, "layer", anchor: "middle")]
    }
}
