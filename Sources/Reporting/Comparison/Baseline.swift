import Diagnosis
import Terms

/// What is known and accepted for a while: findings and damaged shards that do not count until a day, and why.
public struct Baseline: Sendable, Equatable {
    /// What an entry is about.
    public enum Subject: Sendable, Equatable {
        /// A finding by its id; where none has it, the nearest of the same kind that begins close by or covers the step. That
        /// of a damaged shard means the shard too; one of many damaged shards is accepted by the entries of these.
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
    /// The document's headline names what is accepted, and its `baseline` says of each entry what became of it. A finding of
    /// many damaged shards is accepted where all of them are: by their own entries, so that none is silenced that nobody named.
    /// - Parameters:
    ///   - document: The audit to mark.
    ///   - today: The day, `yyyy-mm-dd`.
    public func apply(to document: inout AuditReport, today: String) {
        let partners = partners(in: document.findings)
        document.baseline = zip(entries, partners).map { Self.apply($0, partner: $1, to: &document, today: today) }
        let accepted = Dictionary(
            document.shards.compactMap { shard in shard.acceptance.map { (shard.name, $0) } },
            uniquingKeysWith: { first, _ in first }
        )
        for index in document.findings.indices {
            let names = document.findings[index].shards
            guard let first = names.first, let acceptance = accepted[first],
                names.allSatisfy({ accepted[$0] != nil })
            else { continue }
            document.findings[index].acceptance = acceptance
        }
        let titles = document.findings.filter { $0.acceptance != nil }.map(\.title)
        guard !titles.isEmpty else { return }
        document.headline.parts.append(.accepted(Array(titles.prefix(3)), more: max(0, titles.count - 3)))
    }

    /// The finding that each entry is about: the one with its id; of the other entries and findings the nearest pairs of one
    /// kind, so that an entry never silences two events and two entries never share one.
    private func partners(in findings: [Finding]) -> [Int?] {
        var result = [Int?](repeating: nil, count: entries.count)
        var taken: Set<Int> = []
        let places = Dictionary(findings.enumerated().map { ($1.id, $0) }, uniquingKeysWith: { first, _ in first })
        for (index, entry) in entries.enumerated() {
            let id =
                switch entry.subject {
                case .finding(let id): id
                case .shard(let name): Finding.Origin.shardPrefix + name
                }
            // A finding of many shards has no entry of its own.
            guard let place = places[id], findings[place].shards.isEmpty else { continue }
            result[index] = place
            taken.insert(place)
        }
        let matches = findings.map { FindingMatch($0) }
        var pairs: [(distance: UInt, entry: Int, finding: Int)] = []
        for (index, entry) in entries.enumerated() where result[index] == nil {
            guard case .finding(let id) = entry.subject else { continue }
            let match = FindingMatch(id: id)
            guard match.step != nil else { continue }
            for (place, finding) in findings.enumerated() where !taken.contains(place) {
                guard match.matches(matches[place], covering: finding.coveredSteps) else { continue }
                pairs.append((match.distance(to: matches[place]), index, place))
            }
        }
        for pair in pairs.sorted(by: { ($0.distance, $0.entry, $0.finding) < ($1.distance, $1.entry, $1.finding) })
        where result[pair.entry] == nil && !taken.contains(pair.finding) {
            result[pair.entry] = pair.finding
            taken.insert(pair.finding)
        }
        return result
    }

    private static func apply(
        _ entry: Entry,
        partner: Int?,
        to document: inout AuditReport,
        today: String
    ) -> BaselineOutcome {
        var result = BaselineOutcome(until: entry.until, reason: entry.reason, state: .accepts)
        let shard: String?
        switch entry.subject {
        case .finding(let id):
            result.finding = id
            // The finding of a damaged shard stands for the shard.
            shard = Finding.Origin.damagedShard(id: id)
        case .shard(let name):
            result.shard = name
            shard = name
        }
        let shards = document.shards.indices.filter {
            document.shards[$0].name == shard && document.shards[$0].isDamaged
        }
        result.matches = partner.map { [document.findings[$0].id] } ?? []
        guard today <= entry.until else {
            result.state = .expired
            return result
        }
        guard partner != nil || !shards.isEmpty else {
            result.state = .unused
            return result
        }
        let acceptance = Acceptance(reason: entry.reason, until: entry.until)
        if let partner {
            document.findings[partner].acceptance = acceptance
            if let id = result.finding, id != document.findings[partner].id {
                document.findings[partner].acceptance?.entry = id
            }
        }
        for index in shards { document.shards[index].acceptance = acceptance }
        return result
    }
}
