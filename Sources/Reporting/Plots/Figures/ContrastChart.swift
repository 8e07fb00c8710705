import Terms

/// One replay as a small chart: the suspect batch, the same batch with pristine bytes, and the controls on one axis of loss.
enum ContrastChart {
    private struct Row {
        var label: String
        var value: Double
        var deviation: Double?
        var style: String
        var text: String
    }

    /// The measures of a chart.
    private struct Layout {
        var width: Double
        var left: Double
        var right: Double
        var rowHeight: Double
        /// Names and values stand above the marks where there is no room beside them.
        var isStacked: Bool
        var end: Double { width - right }

        init(_ size: PlotSize) {
            isStacked = size == .narrow
            width = isStacked ? size.width : 720
            (left, right) = isStacked ? (14, 14) : (150, 150)
            rowHeight = isStacked ? 42 : 26
        }
    }

    /// The chart; `name` is the stem of its ids.
    static func drawing(_ replay: ReplayReport, name: String) -> Drawing {
        Drawing { markup(replay, name: $0.name(name), size: $0) }
    }

    private static func markup(_ replay: ReplayReport, name: String, size: PlotSize) -> Markup {
        let layout = Layout(size)
        let rows = rows(replay)
        let finite = rows.flatMap { row in
            [row.value, row.value - (row.deviation ?? 0), row.value + (row.deviation ?? 0)]
        }.filter { $0.isFinite && abs($0) < 1e15 }
        let low = finite.min() ?? 0
        let high = max(finite.max() ?? 1, low + 1e-3 * max(abs(low), 1))
        let padding = (high - low) * 0.08
        let scale = Scale(domain: (low - padding)...(high + padding), start: layout.left, end: layout.end)
        let bottom = 10 + Double(rows.count) * layout.rowHeight
        let height = bottom + 40
        var children: [Markup] = [
            Markup("title", ["id": "\(name)-chart-title"], text: "Replayed losses of step \(replay.step)"),
            Markup("desc", ["id": "\(name)-chart-description"], text: Wording.contrast(replay)),
            .rectangle("background", Rectangle(x: 0, y: 0, width: layout.width, height: height)),
        ]
        let ticks = scale.ticks(count: layout.isStacked ? 4 : 5)
        for (tick, label) in zip(ticks, scale.labels(ticks)) {
            let x = scale.position(tick)
            children.append(.line("grid", x, 6, x, bottom))
            children.append(.text("tick", x, bottom + 16, label, anchor: "middle"))
        }
        children.append(.line("axis", layout.left, bottom, layout.end, bottom))
        children.append(
            .text("tick", (layout.left + layout.end) / 2, bottom + 33, "loss, nats per token", anchor: "middle")
        )
        for (index, row) in rows.enumerated() {
            let share = layout.isStacked ? 0.7 : 0.5
            children += marks(row, y: 10 + (Double(index) + share) * layout.rowHeight, scale: scale, layout: layout)
        }
        return Markup(
            "svg",
            [
                "xmlns": "http://www.w3.org/2000/svg", "class": "\(size.style) contrast", "role": "img",
                "aria-labelledby": "\(name)-chart-title \(name)-chart-description",
                "viewBox": "0 0 \(coordinate(layout.width)) \(coordinate(height))",
                "width": coordinate(layout.width), "height": coordinate(height),
            ],
            children: children.map(StyleFallback.applied)
        )
    }

    private static func rows(_ replay: ReplayReport) -> [Row] {
        var rows: [Row] = []
        let suspect = replay.loss.value
        let z = replay.zScore.map { $0.value.isFinite ? ", z = \(NumberText.fixed($0.value, 1))" : "" } ?? ""
        rows.append(Row(label: "these bytes", value: suspect, style: "suspect", text: NumberText.loss(suspect) + z))
        if let repaired = replay.repairedLoss?.value {
            rows.append(
                Row(label: "pristine bytes", value: repaired, style: "repaired", text: NumberText.loss(repaired))
            )
        }
        if let mean = replay.controls.mean?.value {
            let deviation = replay.controls.deviation?.value
            rows.append(
                Row(
                    label: NumberText.count(replay.controls.count, "control"),
                    value: mean,
                    deviation: deviation.flatMap { $0.isFinite ? $0 : nil },
                    style: "control",
                    text: NumberText.loss(mean) + (deviation.map { " ± \(NumberText.loss($0))" } ?? "")
                )
            )
        }
        if let logged = replay.loggedLoss?.value {
            rows.append(Row(label: "in the log", value: logged, style: "logged", text: NumberText.loss(logged)))
        }
        return rows
    }

    private static func marks(_ row: Row, y: Double, scale: Scale, layout: Layout) -> [Markup] {
        var result: [Markup] = [
            layout.isStacked
                ? .text("key", layout.left, y - 13, row.label)
                : .text("key", layout.left - 12, y + 4, row.label, anchor: "end"),
            layout.isStacked
                ? .text("key strong", layout.end, y - 13, row.text, anchor: "end")
                : .text("key strong", layout.end + 12, y + 4, row.text),
        ]
        let x = row.value.isFinite ? scale.position(row.value) : row.value < 0 ? layout.left : layout.end
        let at = { (dx: Double, dy: Double) in "\(coordinate(x + dx)) \(coordinate(y + dy))" }
        if let deviation = row.deviation, row.value.isFinite {
            let (start, end) = (scale.position(row.value - deviation), scale.position(row.value + deviation))
            let bar = Rectangle(x: start, y: y - 5, width: max(end - start, 2), height: 10)
            result.append(.rectangle("control-bar", bar))
        }
        guard row.value.isFinite else {
            return result + [.path("nonfinite-cross", "M\(at(-5, -5))L\(at(5, 5))M\(at(-5, 5))L\(at(5, -5))")]
        }
        switch row.style {
        case "suspect": result.append(.path("marker failure", "M\(at(-6, -5))L\(at(6, -5)) \(at(0, 6))Z"))
        case "repaired": result.append(.path("repaired", "M\(at(0, -6))L\(at(6, 0)) \(at(0, 6)) \(at(-6, 0))Z"))
        case "control": result.append(.line("control-mean", x, y - 7, x, y + 7))
        default:
            result.append(
                Markup("circle", ["class": "logged", "cx": coordinate(x), "cy": coordinate(y), "r": "4.5"])
            )
        }
        return result
    }
}
