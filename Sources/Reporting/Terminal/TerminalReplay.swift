extension TerminalText {
    /// The result of `trainaudit replay`: the conclusion, the contrast with the controls, rows and operations.
    public static func replay(_ document: ReplayDocument, style: TerminalStyle = TerminalStyle()) -> String {
        var lines = TerminalLines(style)
        lines.add(label: "step \(document.step):", document.conclusion, labelRole: .bold, role: .bold)
        lines.blank()
        let checkpoint = "\(document.checkpoint) (after step \(document.checkpointStep)), \(document.precision)"
        lines.add(label: "checkpoint", checkpoint, indent: 2, labelRole: .dim)
        lines.add(label: "loss      ", Wording.contrast(document), indent: 2, labelRole: .dim)
        if let logged = document.loggedLoss {
            lines.add(label: "logged    ", NumberText.loss(logged.value), indent: 2, labelRole: .dim)
        }
        if let norm = document.gradientNorm {
            lines.add(label: "gradient  ", "norm \(NumberText.short(norm.value))", indent: 2, labelRole: .dim)
        }
        if let place = document.firstNonFinite {
            lines.add(label: "", Wording.nonFinite(place), indent: 2, role: .bad)
        }
        let experiments = ExperimentText.lines(document)
        if !experiments.isEmpty { lines.blank() }
        for line in experiments { lines.add(label: line.term, line.value, indent: 2, labelRole: .dim) }
        rows(document.rows, &lines)
        layers(document.layers, &lines)
        return lines.text
    }

    private static func rows(_ rows: [RowDocument], _ lines: inout TerminalLines) {
        guard !rows.isEmpty else { return }
        lines.blank()
        lines.add("   row        loss  tokens", .bold)
        for row in rows.prefix(64) {
            let shard = "\(SafeText.line(row.shard, limit: 120)) \(NumberText.range(row.tokens))"
            lines.add(label: "\(right("\(row.row)", 6))  \(right(NumberText.loss(row.loss.value), 10)) ", shard)
        }
        if rows.count > 64 { lines.add("  and \(rows.count - 64) more rows", .dim) }
    }

    private static func layers(_ layers: [ProbeDocument], _ lines: inout TerminalLines) {
        guard !layers.isEmpty else { return }
        let names = layers.map { SafeText.line($0.name, limit: 60) }
        let column = max(names.map(\.columns).max() ?? 0, 9)
        let padding = String(repeating: " ", count: column - 9)
        // Where there is no room for all columns, the largest value is what tells of an overflow.
        let isWide = column + 50 <= lines.style.width
        lines.blank()
        let averages = isWide ? "        mean   deviation" : ""
        lines.add("  operation\(padding)\(averages)     largest  non-finite", .bold)
        for (layer, name) in zip(layers, names) {
            let numbers = ((isWide ? [layer.mean, layer.deviation] : []) + [layer.absoluteMaximum]).map {
                right(NumberText.short($0.value), 12)
            }
            let line =
                "  " + name + String(repeating: " ", count: column - name.columns) + numbers.joined()
                + right(NumberText.grouped(layer.nonFinite), 12)
            lines.add(line, layer.nonFinite > 0 ? .bad : nil)
        }
    }

    private static func right(_ text: String, _ width: Int) -> String {
        String(repeating: " ", count: max(width - text.columns, 0)) + text
    }
}
