import Terms

extension TerminalText {
    /// The result of `trainaudit replay --continue`: the curves as a table.
    public static func continuation(_ report: ContinuationReport, style: TerminalStyle = TerminalStyle()) -> String {
        var lines = TerminalLines(style)
        lines.add(label: "\(report.checkpoint):", report.conclusion, labelRole: .bold, role: .bold)
        for note in report.notes { lines.add(label: "", note, indent: 2, role: .dim) }
        lines.blank()
        lines.add("    step          lr      logged        loss  gradient     changed  gradient", .bold)
        for point in report.points {
            let cells: [(text: String, width: Int)] = [
                ("\(point.step)", 8), (NumberText.short(point.learningRate.value), 12),
                (point.logged.map { NumberText.fixed($0.value, 4) } ?? "", 12),
                (NumberText.fixed(point.loss.value, 4), 12), (NumberText.short(point.gradientNorm.value), 10),
                (point.changedLoss.map { NumberText.fixed($0.value, 4) } ?? "", 12),
                (point.changedGradientNorm.map { NumberText.short($0.value) } ?? "", 10),
            ]
            lines.add(cells.map { right($0.text, $0.width) }.joined())
        }
        return lines.text
    }
}
