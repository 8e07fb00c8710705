/// What is known and accepted for a while: findings and damaged shards that do not count until a day, and why.
public struct Baseline: Sendable, Equatable {
    /// What an entry is about.
    public enum Subject: Sendable, Equatable {
        /// A finding by its id; one of the same kind that begins close by, or covers the step, is meant too.
        case finding(String)
        /// A damaged shard, and the finding that its damage is.
        case shard(String)

        /// The subject in words.
        public var name: String {
            switch self {
            case .finding(let id): "finding `\(id)`"
            case .shard(let name): "shard `\(name)`"
            }
        }
    }

    /// One accepted subject.
    public struct Entry: Sendable, Equatable {
        public var subject: Subject
        /// The last day on which it is accepted, `yyyy-mm-dd`.
        public var until: String
        public var reason: String

        /// Creates an entry.
        public init(subject: Subject, until: String, reason: String) {
            self.subject = subject
            self.until = until
            self.reason = reason
        }
    }

    public var entries: [Entry]

    /// Creates a baseline.
    public init(entries: [Entry]) {
        self.entries = entries
    }

    /// Marks what is accepted on a day. Nothing is removed: an accepted finding stays in every report, with its reason.
    ///
    /// The document's headline names what is accepted, and its `baseline` says of each entry what became of it.
    /// - Parameters:
    ///   - document: The audit to mark.
    ///   - today: The day, `yyyy-mm-dd`.
    public func apply(to document: inout AuditDocument, today: String) {
        document.baseline = entries.map { Self.apply($0, to: &document, today: today) }
        let accepted = document.findings.filter { $0.accepted != nil }.map(\.title)
        guard !accepted.isEmpty else { return }
        let rest = accepted.count > 3 ? " and \(accepted.count - 3) more" : ""
        document.headline = document.headline.hasSuffix(".") ? String(document.headline.dropLast()) : document.headline
        document.headline += " · accepted by the baseline: \(accepted.prefix(3).joined(separator: "; "))\(rest)"
    }

    private static func apply(_ entry: Entry, to document: inout AuditDocument, today: String) -> BaselineEntryDocument
    {
        let findings = document.findings.indices.filter { matches(entry.subject, document.findings[$0]) }
        var shards: [Int] = []
        var result = BaselineEntryDocument(until: entry.until, reason: entry.reason, state: "accepts")
        switch entry.subject {
        case .finding(let id): result.finding = id
        case .shard(let name):
            result.shard = name
            shards = document.shards.indices.filter {
                document.shards[$0].name == name && document.shards[$0].isDamaged
            }
        }
        result.matches = findings.map { document.findings[$0].id }
        guard today <= entry.until else {
            result.state = "expired"
            return result
        }
        guard !findings.isEmpty || !shards.isEmpty else {
            result.state = "unused"
            return result
        }
        let acceptance = AcceptanceDocument(reason: entry.reason, until: entry.until)
        for index in findings {
            document.findings[index].accepted = acceptance
            if let id = result.finding, id != document.findings[index].id {
                document.findings[index].accepted?.entry = id
            }
        }
        for index in shards { document.shards[index].accepted = acceptance }
        return result
    }

    private static func matches(_ subject: Subject, _ finding: FindingDocument) -> Bool {
        switch subject {
        case .finding(let id):
            finding.id == id
                || FindingMatch(id: id).matches(FindingMatch(id: finding.id), covering: finding.coveredSteps)
        case .shard(let name): finding.id == "damaged-shard-\(name)"
        }
    }
}
