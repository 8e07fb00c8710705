import Terms

extension TerminalText {
    /// The result of `trainaudit replay`: the conclusion, the contrast with the controls, rows and operations.
    public static func replay(_ report: ReplayReport, style: TerminalStyle = TerminalStyle()) -> String {
        var lines = TerminalLines(style)
        lines.add(label: "step \(report.step):", report.conclusion, labelRole: .bold, role: .bold)
        lines.blank()
        let checkpoint = "\(report.checkpoint) (after step \(report.checkpointStep)), \(report.precision)"
        fact("checkpoint", checkpoint, &lines)
        fact("loss      ", Wording.contrast(report), &lines)
        if let logged = report.loggedLoss { fact("logged    ", NumberText.loss(logged.value), &lines) }
        if let norm = report.gradientNorm { fact("gradient  ", "norm \(NumberText.short(norm.value))", &lines) }
        if let place = report.firstNonFinite {
            lines.add(label: "", Wording.nonFinite(place), indent: 2, role: .bad)
        }
        let experiments = ExperimentText.lines(report)
        if !experiments.isEmpty { lines.blank() }
        for line in experiments { fact(line.term, line.value, &lines) }
        rows(report.rows, &lines)
        layers(report.layers, &lines)
        return lines.text
    }

    private static func rows(_ rows: [RowReport], _ lines: inout TerminalLines) {
        guard !rows.isEmpty else { return }
        lines.blank()
        lines.add("   row        loss  tokens", .bold)
        for row in rows.prefix(64) {
            let shard = "\(SafeText.line(row.shard, limit: 120)) \(NumberText.words(row.tokens))"
            lines.add(label: "\(right("\(row.row)", 6))  \(right(NumberText.loss(row.loss.value), 10)) ", shard)
        }
        if rows.count > 64 { lines.add("  and \(rows.count - 64) more rows", .dim) }
    }

    private static func layers(_ layers: [ProbeReport], _ lines: inout TerminalLines) {
        guard !layers.isEmpty else { return }
        let names = layers.map { SafeText.line($0.name, limit: 60) }
        let column = max(names.map(\.columns).max() ?? 0, 9)
        let padding = String(repeating: " ", count: column - 9)
        // Where there is no room for all columns, the largest value is what shows an overflow.
        let isWide = column + 50 <= lines.style.width
        lines.blank()
        let averages = isWide ? "        mean   deviation" : ""
        lines.add("  operation\(padding)\(averages)     largest  non-finite", .bold)
        for (layer, name) in zip(layers, names) {
            let numbers = ((isWide ? [layer.mean, layer.deviation] : []) + [layer.absoluteMaximum]).map {
                right(NumberText.short($0.value), 12)
            }
            let line =
                "  " + left(name, column) + numbers.joined()
                + right(NumberText.grouped(layer.nonFinite), 12)
            lines.add(line, layer.nonFinite > 0 ? .bad : nil)
        }
    }
}
