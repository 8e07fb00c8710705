import Diagnosis
import Terms

extension TerminalText {
    /// Settings that are listed at most; the JSON has all.
    private static let mostSettings = 24

    /// The result of `trainaudit compare`.
    package static func compare(_ report: RunComparisonReport, style: TerminalStyle = TerminalStyle()) -> String {
        var lines = TerminalLines(style)
        let words = RunComparisonText(report.comparison)
        let voice = Voice()
        let role: TerminalStyle.Role =
            switch report.comparison.verdict {
            case .identical, .equal: .good
            case .different: .bad
            case .undetermined: .warning
            }
        let headline = voice.text(words.headline)
        lines.add(label: "\(report.comparison.verdict.rawValue):", headline, labelRole: role, role: .bold)
        lines.blank()
        fact("A      ", "\(report.first.name) · \(Wording.history(report.first.history))", &lines)
        fact("B      ", "\(report.second.name) · \(Wording.history(report.second.history))", &lines)
        lines.blank()
        let facts: [(label: String, text: Phrase?)] = [
            ("data   ", report.comparison.overlap?.curve == .training ? words.order : nil),
            ("same   ", words.identity), ("odd    ", words.nonFinite), ("differs", words.departure),
            ("largest", words.largest), ("end    ", words.end), ("noise  ", words.noise), ("rate   ", words.rate),
            ("speed  ", words.throughput), ("valid  ", words.validation), ("final  ", words.finalLoss),
        ]
        for (label, text) in facts { if let text { fact(label, voice.text(text), &lines) } }
        settings(report.comparison.settings, &lines)
        list("Notes", report.notes, &lines)
        if !report.files.isEmpty { list("Pictures", report.files, &lines) }
        return lines.text
    }

    private static func settings(_ settings: [SettingDifference], _ lines: inout TerminalLines) {
        guard !settings.isEmpty else { return }
        lines.blank()
        lines.add("Settings that differ", .bold)
        for setting in settings.prefix(mostSettings) {
            let (one, other) = (RunComparisonText.value(setting.first), RunComparisonText.value(setting.second))
            lines.add(label: "-", "\(SafeText.line(setting.name, limit: 60)): A \(one), B \(other)", indent: 2)
        }
        let more = settings.count - mostSettings
        if more > 0 { lines.add(label: "-", "\(more) more, see --format json", indent: 2) }
    }
}
