/// One replay as a small chart: the suspect batch, the same batch with repaired bytes, and the controls on one axis of loss.
enum ContrastChart {
    private struct Row {
        var label: String
        var value: Double
        var deviation: Double?
        var style: String
        var text: String
    }

    private static let left: Double = 150
    private static let right: Double = 150
    private static let width: Double = 720
    private static let rowHeight: Double = 26

    /// The chart; `name` is the stem of its ids.
    static func markup(_ replay: ReplayDocument, name: String) -> Markup {
        let rows = rows(replay)
        let finite = rows.flatMap { row in
            [row.value, row.value - (row.deviation ?? 0), row.value + (row.deviation ?? 0)]
        }.filter { $0.isFinite && abs($0) < 1e15 }
        let low = finite.min() ?? 0
        let high = max(finite.max() ?? 1, low + 1e-3 * max(abs(low), 1))
        let padding = (high - low) * 0.08
        let scale = Scale(domain: (low - padding)...(high + padding), start: left, end: width - right)
        let bottom = 10 + Double(rows.count) * rowHeight
        let height = bottom + 40
        var children: [Markup] = [
            Markup("title", ["id": "\(name)-chart-title"], text: "Replayed losses of step \(replay.step)"),
            Markup("desc", ["id": "\(name)-chart-description"], text: Wording.contrast(replay)),
            .rectangle("background", Rectangle(x: 0, y: 0, width: width, height: height)),
        ]
        let ticks = scale.ticks(count: 5)
        for (tick, label) in zip(ticks, scale.labels(ticks)) {
            let x = scale.position(tick)
            children.append(.line("grid", x, 6, x, bottom))
            children.append(.text("tick", x, bottom + 16, label, anchor: "middle"))
        }
        children.append(.line("axis", left, bottom, width - right, bottom))
        children.append(
            .text("tick", (left + width - right) / 2, bottom + 33, "loss, nats per token", anchor: "middle")
        )
        for (index, row) in rows.enumerated() {
            children += marks(row, y: 10 + (Double(index) + 0.5) * rowHeight, scale: scale)
        }
        return Markup(
            "svg",
            [
                "xmlns": "http://www.w3.org/2000/svg", "class": "plot contrast", "role": "img",
                "aria-labelledby": "\(name)-chart-title \(name)-chart-description",
                "viewBox": "0 0 \(coordinate(width)) \(coordinate(height))",
                "width": coordinate(width), "height": coordinate(height),
            ],
            children: children.map(StyleFallback.applied)
        )
    }

    private static func rows(_ replay: ReplayDocument) -> [Row] {
        var rows: [Row] = []
        let suspect = replay.loss.value
        let z = replay.zScore.map { $0.value.isFinite ? ", z = \(NumberText.fixed($0.value, 1))" : "" } ?? ""
        rows.append(Row(label: "these bytes", value: suspect, style: "suspect", text: NumberText.short(suspect) + z))
        if let repaired = replay.repairedLoss?.value {
            rows.append(
                Row(label: "repaired bytes", value: repaired, style: "repaired", text: NumberText.short(repaired))
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
                    text: NumberText.short(mean) + (deviation.map { " ± \(NumberText.short($0))" } ?? "")
                )
            )
        }
        if let logged = replay.loggedLoss?.value {
            rows.append(Row(label: "in the log", value: logged, style: "logged", text: NumberText.short(logged)))
        }
        return rows
    }

    private static func marks(_ row: Row, y: Double, scale: Scale) -> [Markup] {
        var result: [Markup] = [
            .text("key", left - 12, y + 4, row.label, anchor: "end"),
            .text("key strong", width - right + 12, y + 4, row.text),
        ]
        let x = row.value.isFinite ? scale.position(row.value) : row.value < 0 ? left : width - right
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
