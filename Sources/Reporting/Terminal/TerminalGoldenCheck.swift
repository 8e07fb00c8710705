import Terms

extension TerminalText {
    /// The result of `trainaudit replay --check`.
    public static func goldenCheck(_ report: GoldenCheckReport, style: TerminalStyle = TerminalStyle()) -> String {
        var lines = TerminalLines(style)
        let outcome = "\(report.agrees ? "agrees" : "does NOT agree") with what PyTorch recorded"
        lines.add(label: "check:", outcome, labelRole: .bold, role: report.agrees ? .bold : .bad)
        let recorded = NumberText.fixed(report.recordedLoss.value, 6)
        fact("loss      ", "\(NumberText.fixed(report.loss.value, 6)), recorded \(recorded)", &lines)
        fact("logits    ", "differ by at most \(NumberText.short(report.logitDifference.value))", &lines)
        // One that is not a number is the worst.
        if let worst = report.gradients.max(by: { !($0.difference.value >= $1.difference.value) }) {
            let difference = NumberText.short(worst.difference.value)
            fact("gradients ", "\(report.gradients.count) tensors, worst \(worst.name): \(difference) relative", &lines)
        }
        return lines.text
    }
}
