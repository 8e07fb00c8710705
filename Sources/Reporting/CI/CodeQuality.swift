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
        fileprivate func path(of finding: FindingDocument, run: String) -> String {
            guard let shard = finding.spans.first?.shard ?? finding.damagedShards.first else { return log ?? run }
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
    ///   - document: The result.
    ///   - places: Where its files lie below the project.
    /// - Throws: `EncodingError`; not for any known input.
    public static func json(_ document: AuditDocument, places: Places = Places()) throws -> String {
        let issues = document.findings.filter { $0.accepted == nil }.prefix(500).map { finding in
            var description = SafeText.line(finding.title, limit: 300)
            if finding.symptoms.isEmpty, let seen = finding.story.first {
                description += ": \(SafeText.line(seen, limit: 300))"
            }
            if let causes = CauseWording(finding, in: document).sentence {
                description += (description.hasSuffix(".") ? " " : ". ") + causes.dropLast()
            }
            if let guide = GuideLink(of: finding) {
                description += (description.hasSuffix(".") ? " Guide: " : "; guide: ") + guide.text
            }
            let kind = FindingMatch(id: finding.id).kind
            return Issue(
                description: description,
                check_name: SafeText.line(finding.lead?.kind ?? kind, limit: 120),
                fingerprint: fingerprint(document.run + "\u{0}" + finding.id),
                severity: finding.severity == "failure" ? "critical" : finding.severity == "warning" ? "minor" : "info",
                location: .init(path: SafeText.line(places.path(of: finding, run: document.run), limit: 400))
            )
        }
        return try JSONOutput.encode(Array(issues))
    }

    /// FNV-1a in 64 bits: stable names, no secret.
    private static func fingerprint(_ text: String) -> String {
        let hash = text.utf8.reduce(0xcbf2_9ce4_8422_2325 as UInt64) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
        let digits = String(hash, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }
}
