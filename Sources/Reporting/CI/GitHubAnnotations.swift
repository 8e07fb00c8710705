import Diagnosis
import Terms

/// The gravest findings as workflow commands, which GitHub shows as annotations of the run.
public enum GitHubAnnotations {
    /// GitHub shows ten errors and ten warnings of a step.
    private static let limit = 10

    /// One command a finding: `::error title=…::…`; accepted findings and information have none.
    public static func commands(_ report: AuditReport) -> [String] {
        let open = report.findings.filter { $0.acceptance == nil }
        return open.filter { $0.severity == .failure }.prefix(limit).map { command("error", $0, report) }
            + open.filter { $0.severity == .warning }.prefix(limit).map { command("warning", $0, report) }
    }

    private static func command(_ name: String, _ finding: Finding, _ report: AuditReport) -> String {
        let voice = report.voice.of(finding)
        let seen = voice.text(finding.lead?.summary ?? finding.story.first ?? finding.title)
        let wording = CauseWording(finding, voice)
        let guide = finding.cause.map { GuideLink(id: $0.cause.rawValue, voice) } ?? GuideLink(of: finding, voice)
        let sentences = [
            seen.asSentence, wording.sentence, finding.isCauseClear ? wording.fix(0) : nil, "Guide: \(guide.text)",
        ]
        let message = SafeText.line(sentences.compactMap(\.self).joined(separator: " "), limit: 1500)
        let title = "\(SafeText.line(report.run, limit: 80)): \(SafeText.line(voice.text(finding.title), limit: 200))"
        return "::\(name) title=\(property(title))::\(data(message))"
    }

    /// The command for what kept a run from being completed; `nil` anywhere but in a step of GitHub Actions.
    public static func failure(_ message: String, environment: [String: String]) -> String? {
        guard environment["GITHUB_ACTIONS"] == "true" else { return nil }
        return "::error title=trainaudit could not be completed::\(data(SafeText.line(message, limit: 1500)))"
    }

    /// The message of a command: a per cent sign and line breaks are escaped.
    package static func data(_ text: String) -> String {
        text.replacing("%", with: "%25").replacing("\r", with: "%0D").replacing("\n", with: "%0A")
    }

    /// A property of a command: colons and commas too.
    package static func property(_ text: String) -> String {
        data(text).replacing(":", with: "%3A").replacing(",", with: "%2C")
    }
}

extension String {
    /// The text with a full stop behind it, where it has no end.
    var asSentence: String { last.map { ".!?".contains($0) } == true ? self : self + "." }
}
