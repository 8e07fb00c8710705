/// The gravest findings as workflow commands, which GitHub shows as annotations of the run.
public enum GitHubAnnotations {
    /// GitHub shows ten errors and ten warnings of a step.
    private static let limit = 10

    /// One command a finding: `::error title=…::…`; accepted findings and information have none.
    public static func commands(_ document: AuditDocument) -> [String] {
        var counts: [String: Int] = [:]
        return document.findings.compactMap { finding in
            guard finding.accepted == nil, ["failure", "warning"].contains(finding.severity) else { return nil }
            let command = finding.severity == "failure" ? "error" : "warning"
            counts[command, default: 0] += 1
            guard counts[command, default: 0] <= limit else { return nil }
            var message = finding.lead?.summary ?? finding.story.first ?? finding.title
            let wording = CauseWording(finding, in: document)
            if let last = message.last, !".!?".contains(last) { message += "." }
            if let sentence = wording.sentence { message += " \(sentence)" }
            if let cause = wording.named {
                if !cause.fix.isEmpty { message += " \(cause.fix)" }
                message += " Guide: \(GuideLink(cause.guide, id: cause.cause).text)"
            } else if let guide = GuideLink(of: finding) {
                message += " Guide: \(guide.text)"
            }
            let title = property(
                "\(SafeText.line(document.run, limit: 80)): \(SafeText.line(finding.title, limit: 200))"
            )
            return "::\(command) title=\(title)::\(data(SafeText.line(message, limit: 1500)))"
        }
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
