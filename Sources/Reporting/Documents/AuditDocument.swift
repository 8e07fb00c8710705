/// The machine-readable result of `trainaudit audit`, and what every report file is rendered from.
public struct AuditDocument: Codable, Sendable, Equatable {
    /// The schema of this document.
    public var schema = "trainaudit.audit/1"
    /// The run's name.
    public var run: String
    /// `healthy` or `anomalous`.
    public var verdict: String
    /// The verdict as a sentence: the gravest finding, its data and its cause.
    public var headline: String
    /// What was read from the logs; absent when none was given.
    public var history: HistoryDocument?
    /// One entry a shard, in the order of the manifest, then files that it does not list; empty without `shards:`.
    public var shards: [ShardDocument]
    /// Gravest first.
    public var findings: [FindingDocument]
    /// The worst step of each of the gravest events, gravest first; where the loss or its scale broke, also in the
    /// run's own precision.
    public var replays: [ReplayDocument]
    /// What was taken from the log or the checkpoint because the configuration does not say it.
    public var assumptions: [String]
    /// What was not checked, and why.
    public var notChecked: [String]
    /// Commands that reproduce the numbers, in order.
    public var reproduce: [String]
    /// The steps at which the data moves to the next shard, with the shard's name (for plots); at most a few thousand.
    public var shardBoundaries: [ShardBoundaryDocument]
    /// The report's files, relative to its folder.
    public var report: [String]
    /// The configured clipping threshold of the gradient norm, for the plot; absent without one.
    public var gradientClip: Double?
    /// What changed since the last audit; absent when there was none to compare with.
    public var comparison: ComparisonDocument?
    /// What became of the baseline's entries; absent without a baseline.
    public var baseline: [BaselineEntryDocument]?
    /// What was seen in the checkpoints that were looked into, in the order of their steps; absent without any.
    public var checkpoints: [CheckpointDocument]?

    /// Creates a document.
    public init(
        run: String,
        verdict: String,
        headline: String,
        history: HistoryDocument? = nil,
        shards: [ShardDocument] = [],
        findings: [FindingDocument] = [],
        replays: [ReplayDocument] = [],
        assumptions: [String] = [],
        notChecked: [String] = [],
        reproduce: [String] = [],
        shardBoundaries: [ShardBoundaryDocument] = [],
        report: [String] = [],
        gradientClip: Double? = nil,
        comparison: ComparisonDocument? = nil,
        baseline: [BaselineEntryDocument]? = nil,
        checkpoints: [CheckpointDocument]? = nil
    ) {
        self.run = run
        self.verdict = verdict
        self.headline = headline
        self.history = history
        self.shards = shards
        self.findings = findings
        self.replays = replays
        self.assumptions = assumptions
        self.notChecked = notChecked
        self.reproduce = reproduce
        self.shardBoundaries = shardBoundaries
        self.report = report
        self.gradientClip = gradientClip
        self.comparison = comparison
        self.baseline = baseline
        self.checkpoints = checkpoints
    }
}

/// A step at which some rank begins to read another shard, or at which a pass over the data begins.
public struct ShardBoundaryDocument: Codable, Sendable, Equatable {
    /// The first step that reads the shard, in the numbering of the log.
    public var step: Int
    /// The name of the shard that is read from this step on.
    public var shard: String
    /// The pass over the data that begins with this step, from the second on; absent where none does.
    public var epoch: Int?

    /// Creates a document.
    public init(step: Int, shard: String, epoch: Int? = nil) {
        self.step = step
        self.shard = shard
        self.epoch = epoch
    }
}
