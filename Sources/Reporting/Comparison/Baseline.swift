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
    /// - Parameters:
    ///   - document: The audit to mark.
    ///   - today: The day, `yyyy-mm-dd`.
    /// - Returns: A sentence for each entry that has expired or that nothing matches.
    public func apply(to document: inout AuditDocument, today: String) -> [String] {
        var notes: [String] = []
        for entry in entries {
            let hits = document.findings.indices.filter { Self.matches(entry.subject, document.findings[$0]) }
            var shards: [Int] = []
            if case .shard(let name) = entry.subject {
                shards = document.shards.indices.filter {
                    document.shards[$0].name == name && document.shards[$0].isDamaged
                }
            }
            guard today <= entry.until else {
                notes.append(
                    "The baseline's entry on \(entry.subject.name) expired on \(entry.until) and counts no more."
                )
                continue
            }
            guard !hits.isEmpty || !shards.isEmpty else {
                notes.append("The baseline's entry on \(entry.subject.name) matches nothing; it can be removed.")
                continue
            }
            let acceptance = AcceptanceDocument(reason: entry.reason, until: entry.until)
            for index in hits { document.findings[index].accepted = acceptance }
            for index in shards { document.shards[index].accepted = acceptance }
        }
        return notes
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
