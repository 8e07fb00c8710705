/// What is known and accepted for a while: findings and damaged shards that do not count until a day, and why.
public struct Baseline: Sendable, Equatable {
    /// What an entry is about.
    public enum Subject: Sendable, Equatable {
        /// A finding by its id; where none has it, the nearest of the same kind that begins close by or covers the step. That
        /// of a damaged shard means the shard too.
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
        /// What is accepted.
        public var subject: Subject
        /// The last day on which it is accepted, `yyyy-mm-dd`.
        public var until: String
        /// Why, as every report will say.
        public var reason: String

        /// Creates an entry.
        public init(subject: Subject, until: String, reason: String) {
            self.subject = subject
            self.until = until
            self.reason = reason
        }
    }

    /// In the order of the file.
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
        let findings = matches(entry.subject, document.findings)
        var shards: [Int] = []
        var result = BaselineEntryDocument(until: entry.until, reason: entry.reason, state: "accepts")
        switch entry.subject {
        case .finding(let id):
            result.finding = id
            shards = Self.shards(ofFinding: id, in: document)
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

    /// The finding that an entry is about: an entry never silences two events.
    private static func matches(_ subject: Subject, _ findings: [FindingDocument]) -> [Int] {
        switch subject {
        case .shard(let name): return findings.indices.filter { findings[$0].id == "damaged-shard-\(name)" }
        case .finding(let id):
            if let same = findings.firstIndex(where: { $0.id == id }) { return [same] }
            let entry = FindingMatch(id: id)
            let like = findings.indices.filter {
                entry.matches(FindingMatch(id: findings[$0].id), covering: findings[$0].coveredSteps)
            }
            let nearest = like.min {
                (entry.distance(to: FindingMatch(id: findings[$0].id)), $0)
                    < (entry.distance(to: FindingMatch(id: findings[$1].id)), $1)
            }
            return nearest.map { [$0] } ?? []
        }
    }

    /// The damaged shards that a finding is of: one, or all of one state that have no finding of their own.
    private static func shards(ofFinding id: String, in document: AuditDocument) -> [Int] {
        let damaged = document.shards.indices.filter { document.shards[$0].isDamaged }
        if id.hasPrefix(FindingDocument.damagedShardsPrefix) {
            let own = Set(document.findings.map(\.id))
            let state = id.dropFirst(FindingDocument.damagedShardsPrefix.count)
            return damaged.filter {
                document.shards[$0].status == state && !own.contains("damaged-shard-\(document.shards[$0].name)")
            }
        }
        return damaged.filter { id == "damaged-shard-\(document.shards[$0].name)" }
    }
}
