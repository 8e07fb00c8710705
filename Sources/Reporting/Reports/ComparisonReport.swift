import Terms

/// What changed since the last audit of the run.
public struct ComparisonReport: Encodable, Sendable, Equatable {
    /// One entry a finding: those of this audit in order, then those that are gone.
    public var findings: [FindingChange]
    /// One entry a shard that is, or was, damaged.
    public var shards: [ShardChange]

    /// What became of something between two audits.
    public enum State: String, Encodable, Sendable, CaseIterable {
        case new
        case stillThere = "still-there"
        case gone
    }

    /// A finding of one of the two audits, or both.
    public struct FindingChange: Encodable, Sendable, Equatable {
        private enum CodingKeys: CodingKey {
            case id, title, severity, state
        }

        /// The id in this audit; of a finding that is gone, in the last one.
        public var id: String
        /// The heading in this audit; of a finding that is gone, in the last one.
        public var title: Phrase
        /// In this audit; of a finding that is gone, in the last one.
        public var severity: Severity
        /// What became of it.
        public var state: State

        /// Creates an entry.
        public init(id: String, title: Phrase, severity: Severity, state: State) {
            self.id = id
            self.title = title
            self.severity = severity
            self.state = state
        }

        public func encode(to encoder: any Encoder) throws {
            var container = encoder.container(keyedBy: CodingKeys.self)
            try container.encode(id, forKey: .id)
            try container.encode(encoder.voice.text(title), forKey: .title)
            try container.encode(severity, forKey: .severity)
            try container.encode(state, forKey: .state)
        }
    }

    /// A shard that is, or was, damaged.
    public struct ShardChange: Encodable, Sendable, Equatable {
        /// The path relative to the shard folder.
        public var name: String
        /// What became of the damage.
        public var state: State
        /// The status in the last audit, as it was written; absent when the shard was not in it.
        public var before: String?
        /// The status now; absent when the shard is not in the manifest any more.
        public var now: ShardStatus?

        /// Creates an entry.
        public init(name: String, state: State, before: String?, now: ShardStatus?) {
            self.name = name
            self.state = state
            self.before = before
            self.now = now
        }
    }

    /// Creates a report.
    public init(findings: [FindingChange] = [], shards: [ShardChange] = []) {
        self.findings = findings
        self.shards = shards
    }

    /// How many findings came to a state.
    package func findings(_ state: State) -> Int { findings.count { $0.state == state } }
}

/// An entry of the baseline, and what became of it in this audit.
public struct BaselineOutcome: Encodable, Sendable, Equatable {
    /// What became of an entry.
    public enum State: String, Encodable, Sendable {
        /// It accepts something.
        case accepts
        /// It has expired on its day.
        case expired
        /// Nothing matches it.
        case unused
    }

    /// The id of the finding that it is about; absent for a shard.
    public var finding: String?
    /// The name of the shard that it is about; absent for a finding.
    public var shard: String?
    /// The last day, `yyyy-mm-dd`.
    public var until: String
    /// Why, in the baseline's own words.
    public var reason: String
    /// What became of it.
    public var state: State
    /// The ids of the findings that it is about, also where it has expired.
    public var matches: [String]

    /// Creates a document.
    public init(
        finding: String? = nil,
        shard: String? = nil,
        until: String,
        reason: String,
        state: State,
        matches: [String] = []
    ) {
        self.finding = finding
        self.shard = shard
        self.until = until
        self.reason = reason
        self.state = state
        self.matches = matches
    }
}

/// What of an earlier report is compared: a tolerant reading, so that reports of other versions do.
public struct PreviousReport: Decodable, Sendable, Equatable {
    /// A finding.
    public struct Finding: Decodable, Sendable, Equatable {
        /// The id in that audit.
        public var id: String
        /// One line for a heading.
        public var title: String
        /// `info`, `warning` or `failure`, or what another version wrote.
        public var severity: String
        /// The first step, in the numbering of the log; absent where there is none.
        public var firstStep: Int?
        /// The last step, part of it; absent where there is none.
        public var lastStep: Int?
        /// The shards that a finding of many damaged ones counts; absent for any other finding.
        public var shards: [String]?

        /// Creates a finding.
        public init(
            id: String,
            title: String,
            severity: String,
            firstStep: Int? = nil,
            lastStep: Int? = nil,
            shards: [String]? = nil
        ) {
            self.shards = shards
            self.id = id
            self.title = title
            self.severity = severity
            self.firstStep = firstStep
            self.lastStep = lastStep
        }
    }

    /// A shard.
    public struct Shard: Decodable, Sendable, Equatable {
        /// The path relative to the shard folder.
        public var name: String
        /// The status as it was written, see ``ShardReport/status``.
        public var status: String

        /// Creates a shard.
        public init(name: String, status: String) {
            self.name = name
            self.status = status
        }
    }

    /// `trainaudit.audit/` and the number of its version.
    public var schema: String
    /// The run's name; a report that lies in the folder is compared with only where it is the same.
    public var run: String
    /// In the order of that report, gravest first.
    public var findings: [Finding]
    /// In the order of that report.
    public var shards: [Shard]

    /// Creates a report.
    public init(schema: String = "trainaudit.audit/1", run: String, findings: [Finding], shards: [Shard]) {
        self.schema = schema
        self.run = run
        self.findings = findings
        self.shards = shards
    }
}
