extension TerminalText {
    /// The result of `trainaudit preflight`: a line for each check.
    public static func preflight(_ report: PreflightReport, style: TerminalStyle = TerminalStyle()) -> String {
        var lines = TerminalLines(style)
        lines.add(label: "preflight:", "\(report.verdict.rawValue), \(report.model)", labelRole: .bold, role: .bold)
        lines.blank()
        for check in report.checks {
            let role: TerminalStyle.Role? =
                switch check.outcome {
                case .failed: .bad
                case .skipped: .dim
                case .passed, .warning: nil
                }
            let label = left(check.outcome.rawValue, 8) + left(check.id, 17)
            lines.add(label: label, check.detail, indent: 2, labelRole: role)
        }
        return lines.text
    }
}
