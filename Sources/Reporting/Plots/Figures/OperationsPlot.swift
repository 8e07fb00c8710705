import Terms

/// The largest absolute value after every operation of a replay, in the order of the forward pass, against the largest
/// numbers of the floating-point formats.
package enum OperationsPlot {
    /// The largest finite number of fp16, and about that of bf16 and fp32.
    private static let limits: [(name: String, value: Double)] = [("fp16", 65_504), ("bf16", 3.389_5e38)]

    /// Which operations are drawn alike.
    private static let groups: [(style: String, label: String, sign: Markup.Sign, names: Set<String>)] = [
        (
            "attention", "attention", .circle,
            ["qkv", "attention-scores", "softmax", "attention-output", "projection"]
        ),
        ("mlp", "MLP", .square, ["mlp-in", "activation", "mlp-out"]),
        ("layernorm", "layer norm", .triangle, ["ln1", "ln2", "final-layernorm"]),
    ]

    /// The stream that every block adds to: its growth is drawn as a line.
    private static let residual: Set<String> = ["embedding", "residual1", "residual2"]

    /// The plot; `nil` for a replay without probes.
    /// - Parameter number: The replay's number in the report, counted from 1.
    package static func drawing(_ replay: ReplayReport, number: Int) -> Drawing? {
        let layers = Array(replay.layers.prefix(4000))
        guard layers.count > 1 else { return nil }
        let precision = SafeText.line(replay.precision, limit: 20)
        let maxima = layers.map(\.absoluteMaximum.value)
        let positive = maxima.filter { $0.isFinite && $0 > 0 }
        let largest = layers.indices.filter { maxima[$0].isFinite }.max { maxima[$0] < maxima[$1] }
        let broken = layers.firstIndex { $0.nonFinite > 0 || !$0.absoluteMaximum.value.isFinite }
        var words = ""
        if let largest {
            words =
                "Largest value \(NumberText.short(maxima[largest])) after "
                + "\(SafeText.line(layers[largest].name, limit: 60)). "
        }
        words += broken.map { "First non-finite value after \(SafeText.line(layers[$0].name, limit: 60))." } ?? ""
        if broken == nil { words += "Every value is finite." }
        let low = max(positive.min() ?? 1e-3, 1e-8)
        let high = max(positive.max() ?? 1, 65_504)
        return Drawing { [words] size in
            let frame = PlotFrame(
                name: "replay-\(number)-operations",
                title: "Largest value after each operation, step \(replay.step) in \(precision)",
                subtitle: words,
                description:
                    "\(NumberText.count(layers.count, "operation")) in the order of the forward pass. \(words)",
                key: key(layers, broken),
                size: size
            )
            let height = size.height(300)
            var values = Scale(
                domain: (low / 2)...(high * 4),
                start: height,
                end: broken == nil ? 0 : 24,
                isLogarithmic: true
            )
            let left = Panel.left(of: [values], heights: [height], size: size)
            let top = frame.headHeight + 22
            (values.start, values.end) = (values.start + top, values.end + top)
            let area = Rectangle(x: left, y: top, width: size.width - left - size.right, height: height)
            let places = Scale(domain: -0.5...(Double(layers.count) - 0.5), start: area.x, end: area.right)
            let panel = Panel(frame: area, steps: places, values: values, title: "largest absolute value", size: size)
            let marks =
                bands(layers, places, in: area) + [panel.verticalAxis()]
                + [.line("axis", area.x, area.bottom, area.right, area.bottom)]
                + curve(layers, panel, broken) + limitLines(layers, panel)
                + [.text("axis-title", area.x + area.width / 2, area.bottom + 40, "layer", anchor: "middle")]
            return frame.svg(height: area.bottom + 54, marks: marks)
        }
    }

    private static func key(_ layers: [ProbeReport], _ broken: Int?) -> [PlotFrame.KeyEntry] {
        var key = [PlotFrame.KeyEntry(sample: .line("loss main"), label: "residual stream")]
        for group in groups where layers.contains(where: { group.names.contains(place($0.name).operation) }) {
            key.append(.init(sample: .mark(group.sign, "operation \(group.style)"), label: group.label))
        }
        key.append(.init(sample: .mark(.diamond, "operation stream"), label: "other"))
        key.append(.init(sample: .line("limit"), label: "largest finite number"))
        if broken != nil { key.append(.init(sample: .mark(.cross, "nonfinite-cross"), label: "not finite")) }
        return key
    }

    /// `h.3.mlp-in` as layer 3 and `mlp-in`; operations outside the layers have none.
    private static func place(_ name: String) -> (layer: Int?, operation: String) {
        let parts = name.split(separator: ".", maxSplits: 2, omittingEmptySubsequences: false)
        guard parts.count == 3, parts[0] == "h", let layer = Int(parts[1]) else { return (nil, name) }
        return (layer, String(parts[2]))
    }

    /// Alternating tints and the numbers of the layers that have room.
    private static func bands(_ layers: [ProbeReport], _ places: Scale, in area: Rectangle) -> [Markup] {
        var result: [Markup] = []
        var room = LabelRoom()
        var start = 0
        while start < layers.count {
            let layer = place(layers[start].name).layer
            var end = start
            while end + 1 < layers.count, place(layers[end + 1].name).layer == layer { end += 1 }
            let (left, right) = (places.position(Double(start) - 0.5), places.position(Double(end) + 0.5))
            if let layer {
                if layer % 2 == 0 {
                    let band = Rectangle(x: left, y: area.y, width: right - left, height: area.height)
                    result.append(.rectangle("layer-band", band))
                }
                let label = String(layer)
                let width = textWidth(label, size: 11)
                let middle = (left + right) / 2
                if room.take(middle - width / 2, middle + width / 2, lane: 0) {
                    result.append(.text("tick", middle, area.bottom + 18, label, anchor: "middle"))
                }
            }
            start = end + 1
        }
        return result
    }

    /// The limits of the formats, named where no mark is in the way.
    private static func limitLines(_ layers: [ProbeReport], _ panel: Panel) -> [Markup] {
        let (area, values) = (panel.frame, panel.values)
        let points = layers.enumerated().compactMap { index, layer -> (x: Double, y: Double)? in
            let value = layer.absoluteMaximum.value
            return value.isFinite ? (panel.steps.position(Double(index)), values.position(value)) : nil
        }
        return limits.flatMap { limit -> [Markup] in
            guard values.domain.contains(limit.value) else {
                let label = "\u{2191} \(limit.name) ends at \(NumberText.short(limit.value))"
                return [.text("value", area.right - 4, area.y - 6, label, anchor: "end")]
            }
            let y = values.position(limit.value)
            let label = "\(limit.name) ends at \(NumberText.short(limit.value))"
            let width = textWidth(label, size: 11)
            let starts = stride(from: area.x + 6, through: max(area.x + 6, area.right - width - 4), by: 12)
            let places = [y - 5, y + 14].flatMap { baseline in starts.map { (x: $0, y: baseline) } }
            let free = places.first { place in
                let text = Rectangle(x: place.x - 6, y: place.y - 15, width: width + 12, height: 24)
                return !points.contains { text.overlaps(Rectangle(x: $0.x, y: $0.y, width: 0.1, height: 0.1)) }
            }
            let place = free ?? (area.x + 6, y - 5)
            return [.line("limit", area.x, y, area.right, y), .text("value", place.x, place.y, label)]
        }
    }

    private static func curve(_ layers: [ProbeReport], _ panel: Panel, _ broken: Int?) -> [Markup] {
        let (area, places, values) = (panel.frame, panel.steps, panel.values)
        let size: Double = panel.size == .wide ? 4 : 3.2
        var stream = ""
        var signs: [String: String] = [:]
        var result: [Markup] = []
        let isDense = layers.count > 400
        for (index, layer) in layers.enumerated() {
            let (x, value) = (places.position(Double(index)), layer.absoluteMaximum.value)
            let operation = place(layer.name).operation
            guard value.isFinite else { continue }
            let y = values.position(value)
            if let group = groups.first(where: { $0.names.contains(operation) }) {
                // One path a group: a dot when there are thousands, the group's shape when there are few.
                if isDense {
                    signs[group.style, default: ""] += "M\(coordinate(x)) \(coordinate(y))h0.01"
                } else {
                    result.append(.sign(group.sign, "operation \(group.style)", x: x, y: y, size: size))
                }
            } else if residual.contains(operation) {
                stream += "\(stream.isEmpty ? "M" : "L")\(coordinate(x)) \(coordinate(y))"
            } else {
                result.append(.sign(.diamond, "operation stream", x: x, y: y, size: size))
            }
        }
        for group in groups {
            if let data = signs[group.style] { result.append(.path("dots operation-\(group.style)", data)) }
        }
        if !stream.isEmpty { result.insert(.path("loss main", stream), at: 0) }
        guard let broken else { return result }
        let x = places.position(Double(broken))
        result.append(.line("nonfinite-line", x, area.y, x, area.bottom))
        result.append(.sign(.cross, "nonfinite-cross", x: x, y: area.y + 14))
        let label = "first non-finite: \(SafeText.line(layers[broken].name, limit: 60))"
        let width = textWidth(label, size: 11)
        let isLeft = x + 10 + width > area.right
        result.append(.text("value alert-text", isLeft ? x - 10 - width : x + 10, area.y + 18, label))
        return result
    }
}
