/// The machine-readable result of `trainaudit diagnose`.
public struct DiagnoseDocument: Codable, Sendable, Equatable {
    /// The schema of this document.
    public var schema = "trainaudit.diagnose/1"
    /// `healthy` or `anomalous`; a note says so where the log holds too little to judge.
    public var verdict: String
    /// What was read.
    public var history: HistoryDocument
    /// What was seen: the gravest event's first, those of one event in order of their steps.
    public var symptoms: [SymptomDocument]
    /// Possible causes of the gravest event, most likely first.
    public var hypotheses: [HypothesisDocument]
    /// All events, gravest first.
    public var findings: [FindingDocument]
    /// What the tool had to assume or could not check.
    public var notes: [String]
    /// Spikes by other tools' definitions, for comparison; no finding rests on them.
    public var peers: [PeerSpikesDocument]

    /// Creates a document.
    public init(
        verdict: String,
        history: HistoryDocument,
        symptoms: [SymptomDocument],
        hypotheses: [HypothesisDocument],
        findings: [FindingDocument],
        notes: [String] = [],
        peers: [PeerSpikesDocument] = []
    ) {
        self.peers = peers
        self.verdict = verdict
        self.history = history
        self.symptoms = symptoms
        self.hypotheses = hypotheses
        self.findings = findings
        self.notes = notes
    }
}

/// The spikes of a curve by another tool's definition.
public struct PeerSpikesDocument: Codable, Sendable, Equatable {
    /// Whose definition, and of which curve: `olmo-loss`, `zclip-gradient-norm`.
    public var id: String
    /// The definition in a few words.
    public var rule: String
    /// Records that it calls spikes.
    public var spikes: Int
    /// Records that it judged.
    public var judged: Int
    /// Spikes per hundred judged records; of OLMo's rule the SpikeScore.
    public var percent: JSONNumber
    /// The step of the first spike, in the numbering of the log; absent without one.
    public var firstStep: Int?

    /// Creates a document.
    public init(id: String, rule: String, spikes: Int, judged: Int, percent: JSONNumber, firstStep: Int?) {
        self.id = id
        self.rule = rule
        self.spikes = spikes
        self.judged = judged
        self.percent = percent
        self.firstStep = firstStep
    }
}

/// A symptom.
public struct SymptomDocument: Codable, Sendable, Equatable {
    /// The symptom's id in the guide, such as `loss-spike`.
    public var kind: String
    /// The first step at which it shows, in the numbering of the log.
    public var firstStep: Int
    /// The last step at which it shows, part of it.
    public var lastStep: Int
    /// `info`, `warning` or `failure`: how grave it is by itself.
    public var severity: String
    /// One sentence with the numbers, for a person.
    public var summary: String
    /// The numbers behind it, by camelCase name (`zScore`, `peakLoss`, `baseline`, `threshold`, …).
    public var measurements: [String: JSONNumber]
    /// Link to the guide's page: the configured guide's address and the page's path, or the path alone without one.
    public var guide: String

    /// Creates a document.
    public init(
        kind: String,
        firstStep: Int,
        lastStep: Int,
        severity: String,
        summary: String,
        measurements: [String: JSONNumber],
        guide: String
    ) {
        self.kind = kind
        self.firstStep = firstStep
        self.lastStep = lastStep
        self.severity = severity
        self.summary = summary
        self.measurements = measurements
        self.guide = guide
    }
}

/// A ranked cause.
public struct HypothesisDocument: Codable, Sendable, Equatable {
    /// The cause's id in the guide, such as `corrupt-shard`.
    public var cause: String
    /// Probability, from 0 and below 1; what those of an event leave of 1 is for something else.
    public var confidence: Double
    /// The probability that log and configuration alone give, without what shards, checkpoints and replays show; absent
    /// from `diagnose`, and where a finding is information or not from the log.
    public var logConfidence: Double?
    /// The kinds of the event's symptoms; empty where no curve shows it.
    public var symptoms: [String]
    /// Sentences that speak for it, strongest first.
    public var evidenceFor: [String]
    /// Sentences that speak against it, strongest first.
    public var evidenceAgainst: [String]
    /// What would settle it, as a command or an action; empty where nothing is known that would.
    public var nextTest: String
    /// What to do about it, with concrete values.
    public var fix: String
    /// Link to the guide's page: the configured guide's address and the page's path, or the path alone without one.
    public var guide: String

    /// Creates a document.
    public init(
        cause: String,
        confidence: Double,
        symptoms: [String],
        evidenceFor: [String],
        evidenceAgainst: [String],
        nextTest: String,
        fix: String,
        guide: String,
        logConfidence: Double? = nil
    ) {
        self.logConfidence = logConfidence
        self.cause = cause
        self.confidence = confidence
        self.symptoms = symptoms
        self.evidenceFor = evidenceFor
        self.evidenceAgainst = evidenceAgainst
        self.nextTest = nextTest
        self.fix = fix
        self.guide = guide
    }
}

/// One event with everything known about it.
public struct FindingDocument: Codable, Sendable, Equatable {
    /// Stable within a report: `<kind>-<first step>` of the symptom that names the event, `damaged-shard-<name>`,
    /// `damaged-shards-<status>` for many, `configuration-<key>` or `checkpoint-<what>`; of another stage of training in the
    /// same log with `-stage<its place in the log>` behind it.
    public var id: String
    /// One line for a heading.
    public var title: String
    /// `info`, `warning` or `failure`: that of its gravest symptom; `failure` of a damaged shard.
    public var severity: String
    /// The first step of the event, or that reads the damage, in the numbering of the log; absent where none is known, and
    /// of another stage of training than the report's curves are of.
    public var firstStep: Int?
    /// The last such step, part of it; absent where none is known.
    public var lastStep: Int?
    /// In order of their first steps; empty where no curve shows it.
    public var symptoms: [SymptomDocument]
    /// The data that fed the suspect steps, or that is damaged and was read; at most 256 spans, empty where steps were
    /// not traced.
    public var spans: [SpanDocument]
    /// Possible causes, most likely first; empty where it only tells of a disagreement.
    public var hypotheses: [HypothesisDocument]
    /// What happened in order of steps, a sentence each.
    public var story: [String]
    /// What would make the ranking surer, most useful first; without a cause, what to do.
    public var wouldSharpen: [String]
    /// Why a baseline silences the finding; absent for one that counts.
    public var accepted: AcceptanceDocument?
    /// The shards that a finding of many damaged ones counts; absent for any other finding.
    public var shards: [String]?
    /// The page of the guide, as symptoms and causes have it; absent of a finding that has one of them.
    public var guide: String?

    /// Creates a document.
    public init(
        id: String,
        title: String,
        severity: String,
        firstStep: Int? = nil,
        lastStep: Int? = nil,
        symptoms: [SymptomDocument] = [],
        spans: [SpanDocument] = [],
        hypotheses: [HypothesisDocument] = [],
        story: [String] = [],
        wouldSharpen: [String] = [],
        accepted: AcceptanceDocument? = nil,
        shards: [String]? = nil,
        guide: String? = nil
    ) {
        self.shards = shards
        self.guide = guide
        self.story = story
        self.wouldSharpen = wouldSharpen
        self.id = id
        self.title = title
        self.severity = severity
        self.firstStep = firstStep
        self.lastStep = lastStep
        self.symptoms = symptoms
        self.spans = spans
        self.hypotheses = hypotheses
        self.accepted = accepted
    }
}

extension FindingDocument {
    /// The symptom that names the finding, from its id (`loss-spike-521`): symptoms are told in order of steps, so that the
    /// first need not be the gravest. `nil` where no curve shows it.
    package var lead: SymptomDocument? { symptoms.first { id.hasPrefix($0.kind + "-") } ?? symptoms.first }

    /// Whether it only tells of a disagreement: it needs no cause, and its advice is what to do and not what would tell more.
    var isDisagreement: Bool { symptoms.isEmpty && hypotheses.isEmpty }
}
