/// What changed since the last audit of the run.
public struct ComparisonDocument: Codable, Sendable, Equatable {
    /// One entry a finding: those of this audit in order, then those that are gone.
    public var findings: [FindingChange]
    /// One entry a shard that is, or was, damaged.
    public var shards: [ShardChange]

    /// A finding of one of the two audits, or both.
    public struct FindingChange: Codable, Sendable, Equatable {
        /// The id in this audit; of a finding that is gone, in the last one.
        public var id: String
        /// The heading in this audit; of a finding that is gone, in the last one.
        public var title: String
        /// `info`, `warning` or `failure`: in this audit; of a finding that is gone, in the last one.
        public var severity: String
        /// `new`, `still-there` or `gone`.
        public var state: String

        /// Creates an entry.
        public init(id: String, title: String, severity: String, state: String) {
            self.id = id
            self.title = title
            self.severity = severity
            self.state = state
        }
    }

    /// A shard that is, or was, damaged.
    public struct ShardChange: Codable, Sendable, Equatable {
        /// The path relative to the shard folder.
        public var name: String
        /// `new`, `still-there` or `gone`: of the damage.
        public var state: String
        /// The status in the last audit; absent when the shard was not in it.
        public var before: String?
        /// The status now; absent when the shard is not in the manifest any more.
        public var now: String?

        /// Creates an entry.
        public init(name: String, state: String, before: String?, now: String?) {
            self.name = name
            self.state = state
            self.before = before
            self.now = now
        }
    }

    /// Creates a document.
    public init(findings: [FindingChange] = [], shards: [ShardChange] = []) {
        self.findings = findings
        self.shards = shards
    }

    /// How many findings are new, still there, and gone.
    public var counts: (new: Int, stillThere: Int, gone: Int) {
        let count = { (state: String) in findings.reduce(0) { $0 + ($1.state == state ? 1 : 0) } }
        return (count("new"), count("still-there"), count("gone"))
    }
}

/// Why, and how long, a finding or a damaged shard does not count.
public struct AcceptanceDocument: Codable, Sendable, Equatable {
    /// Why, in the baseline's own words.
    public var reason: String
    /// The last day, `yyyy-mm-dd`.
    public var until: String
    /// The id that the baseline names, where it is not the finding's own: one of the same kind that begins close by.
    public var entry: String?

    /// Creates a document.
    public init(reason: String, until: String) {
        self.reason = reason
        self.until = until
    }
}

/// An entry of the baseline, and what became of it in this audit.
public struct BaselineEntryDocument: Codable, Sendable, Equatable {
    /// The id of the finding that it is about; absent for a shard.
    public var finding: String?
    /// The name of the shard that it is about; absent for a finding.
    public var shard: String?
    /// The last day, `yyyy-mm-dd`.
    public var until: String
    /// Why, in the baseline's own words.
    public var reason: String
    /// `accepts` something, `expired` on its day, or `unused` because nothing matches.
    public var state: String
    /// The ids of the findings that it is about, also where it has expired.
    public var matches: [String]

    /// Creates a document.
    public init(
        finding: String? = nil,
        shard: String? = nil,
        until: String,
        reason: String,
        state: String,
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
        /// The status as it was written, see ``ShardDocument/status``.
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
