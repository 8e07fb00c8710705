import Diagnosis
import Terms

/// Findings as a GitLab Code Quality report, which a merge request shows beside the code.
///
/// The format asks for a file and a line; findings have none, so that all point at the log or shard they are about.
public enum CodeQuality {
    /// The file's name in the report's folder.
    public static let fileName = "gl-code-quality-report.json"

    /// Where the files of a run lie below the project, by which GitLab links to them.
    public struct Places: Sendable, Equatable {
        /// The folder of the shards, `""` for the project itself; `nil` where it lies elsewhere or is not known.
        public var shards: String?
        /// The log; `nil` where it lies elsewhere or there is none.
        public var log: String?

        /// Creates places.
        public init(shards: String? = nil, log: String? = nil) {
            self.shards = shards
            self.log = log
        }

        /// The file that a finding is about. What lies outside the project has a name and no link.
        fileprivate func path(of finding: Finding, run: String) -> String {
            guard let shard = finding.spans.first?.span.name ?? finding.damagedShards.first else { return log ?? run }
            guard let shards, !shards.isEmpty else { return shard }
            return shards + "/" + shard
        }
    }

    private struct Issue: Encodable {
        struct Location: Encodable {
            struct Lines: Encodable {
                var begin = 1
            }
            var path: String
            var lines = Lines()
        }
        var description: String
        // The names are GitLab's.
        var check_name: String
        var fingerprint: String
        var severity: String
        var location: Location
    }

    /// The report: one issue a finding that is not accepted, the same fingerprint on every run.
    /// - Parameters:
    ///   - report: The result.
    ///   - places: Where its files lie below the project.
    /// - Throws: `EncodingError`; not for any known input.
    public static func json(_ report: AuditReport, places: Places = Places()) throws -> String {
        let issues = report.findings.filter { $0.acceptance == nil }.prefix(500).map { finding in
            let voice = report.voice.of(finding)
            let path = SafeText.line(places.path(of: finding, run: report.run), limit: 400)
            return Issue(
                description: description(finding, voice),
                check_name: SafeText.line(finding.lead?.kind.rawValue ?? FindingMatch(finding).kind, limit: 120),
                fingerprint: fingerprint(report.run + "\u{0}" + finding.id),
                severity: severity(finding.severity),
                location: .init(path: path)
            )
        }
        return try JSONOutput.encode(Array(issues))
    }

    private static func description(_ finding: Finding, _ voice: Voice) -> String {
        var title = SafeText.line(voice.text(finding.title), limit: 300)
        if finding.symptoms.isEmpty, let seen = finding.story.first {
            title += ": \(SafeText.line(voice.text(seen), limit: 300))"
        }
        let guide = "Guide: \(GuideLink(of: finding, voice).text)"
        let sentences = [title.asSentence, CauseWording(finding, voice).sentence, guide]
        return sentences.compactMap(\.self).joined(separator: " ")
    }

    /// The severity by GitLab's names.
    private static func severity(_ severity: Severity) -> String {
        switch severity {
        case .failure: "critical"
        case .warning: "minor"
        case .info: "info"
        }
    }

    /// FNV-1a in 64 bits: stable names, no secret.
    private static func fingerprint(_ text: String) -> String {
        let hash = text.utf8.reduce(0xcbf2_9ce4_8422_2325 as UInt64) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
        let digits = String(hash, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }
}
