import Diagnosis
import Terms

/// The result of `trainaudit audit`: what `report.json` holds, and what every report file is rendered from.
public struct AuditReport: Sendable, Encodable {
    private enum CodingKeys: CodingKey {
        case schema, run, verdict, undetermined, headline, history, shards, findings, replays, assumptions, notChecked
        case reproduce, shardBoundaries, report, gradientClip, comparison, baseline, checkpoints, mixture
    }

    /// The schema of this report's JSON.
    public static let schema = "trainaudit.audit/2"

    /// How the report speaks: the run's paths, the guide's address.
    public var voice: Voice
    /// The run's name.
    public var run: String
    /// What the audit came to.
    public var verdict: Verdict
    /// The first thing to say.
    public var headline: Headline
    /// What was read from the logs; `nil` when none was given.
    public var history: HistoryReport?
    /// One entry a shard, in the order of the manifest, then files that it does not list; empty without `shards:`.
    public var shards: [ShardReport]
    /// Gravest first.
    public var findings: [Finding]
    /// The worst step of each of the gravest events, gravest first; where the loss or its scale broke, also in the
    /// run's own precision.
    public var replays: [ReplayReport]
    /// What was taken from the log or the checkpoint because the configuration does not say it.
    public var assumptions: [String]
    /// What was not checked, and why.
    public var notChecked: [Omission]
    /// Commands that reproduce the numbers, in order.
    public var reproduce: [Command]
    /// The steps at which the data moves to the next shard, with the shard's name (for plots); at most a few thousand.
    public var shardBoundaries: [ShardBoundary]
    /// The report's files, relative to its folder.
    public var files: [String] = []
    /// The configured clipping threshold of the gradient norm, for the plot; `nil` without one.
    public var gradientClip: Double?
    /// What changed since the last audit; `nil` when there was none to compare with.
    public var comparison: ComparisonReport?
    /// What became of the baseline's entries; `nil` without a baseline.
    public var baseline: [BaselineOutcome]?
    /// What was seen in the checkpoints that were looked into, in the order of their steps; empty without any.
    public var checkpoints: [CheckpointReport]
    /// What the run was fed, window by window; `nil` where steps could not be traced.
    public var mixture: MixtureReport?

    /// Creates a report.
    public init(
        run: String,
        verdict: Verdict,
        headline: Headline = Headline(),
        voice: Voice = Voice(),
        history: HistoryReport? = nil,
        shards: [ShardReport] = [],
        findings: [Finding] = [],
        replays: [ReplayReport] = [],
        assumptions: [String] = [],
        notChecked: [Omission] = [],
        reproduce: [Command] = [],
        shardBoundaries: [ShardBoundary] = [],
        gradientClip: Double? = nil,
        checkpoints: [CheckpointReport] = []
    ) {
        self.run = run
        self.verdict = verdict
        self.headline = headline
        self.voice = voice
        self.history = history
        self.shards = shards
        self.findings = findings
        self.replays = replays
        self.assumptions = assumptions
        self.notChecked = notChecked
        self.reproduce = reproduce
        self.shardBoundaries = shardBoundaries
        self.gradientClip = gradientClip
        self.checkpoints = checkpoints
    }

    /// The gravest severity of what counts; `nil` when there is nothing.
    public var gravest: Severity? {
        // A finding that a baseline accepts does not answer for a damaged shard that it names.
        let isDamaged = shards.contains { $0.isDamaged && $0.acceptance == nil }
        return [findings.gravest, isDamaged ? .failure : nil].compactMap { $0 }.max()
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(Self.schema, forKey: .schema)
        try container.encode(run, forKey: .run)
        try container.encode(verdict, forKey: .verdict)
        try container.encodeIfPresent(verdict.doubtText, forKey: .undetermined)
        try container.encode(headline.text(voice), forKey: .headline)
        try container.encodeIfPresent(history, forKey: .history)
        try container.encode(shards, forKey: .shards)
        try container.encode(findings, forKey: .findings)
        try container.encode(replays, forKey: .replays)
        try container.encode(assumptions, forKey: .assumptions)
        try container.encode(notChecked, forKey: .notChecked)
        try container.encode(voice.commands.reproduction(reproduce), forKey: .reproduce)
        try container.encode(shardBoundaries, forKey: .shardBoundaries)
        try container.encode(files, forKey: .report)
        try container.encodeIfPresent(gradientClip.map(JSONNumber.init), forKey: .gradientClip)
        try container.encodeIfPresent(comparison, forKey: .comparison)
        try container.encodeIfPresent(baseline, forKey: .baseline)
        if !checkpoints.isEmpty { try container.encode(checkpoints, forKey: .checkpoints) }
        try container.encodeIfPresent(mixture, forKey: .mixture)
    }
}

/// A step at which some rank begins to read another shard, or at which a pass over the data begins.
public struct ShardBoundary: Codable, Sendable, Equatable {
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
