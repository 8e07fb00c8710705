/// The machine-readable result of `trainaudit diagnose`.
public struct DiagnoseDocument: Codable, Sendable, Equatable {
    /// The schema of this document.
    public var schema = "trainaudit.diagnose/1"
    /// `healthy` or `anomalous`; a note says so where the log holds too little to judge.
    public var verdict: String
    /// What was read.
    public var history: HistoryDocument
    /// What was seen, gravest first.
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
    public var id: String
    public var rule: String
    public var spikes: Int
    public var judged: Int
    /// Spikes per hundred judged records; of OLMo's rule the SpikeScore.
    public var percent: JSONNumber
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
    public var kind: String
    public var firstStep: Int
    public var lastStep: Int
    public var severity: String
    public var summary: String
    public var measurements: [String: JSONNumber]
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
    public var cause: String
    public var confidence: Double
    public var symptoms: [String]
    public var evidenceFor: [String]
    public var evidenceAgainst: [String]
    public var nextTest: String
    public var fix: String
    /// Link to the guide's page: the configured guide's address and the page's path.
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
        guide: String
    ) {
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
    /// Stable within a report: `<kind of the first symptom>-<first step>` or `damaged-shard-<name>`.
    public var id: String
    /// One line for a heading.
    public var title: String
    public var severity: String
    public var firstStep: Int?
    public var lastStep: Int?
    public var symptoms: [SymptomDocument]
    public var spans: [SpanDocument]
    public var hypotheses: [HypothesisDocument]
    /// What happened in order of steps, a sentence each.
    public var story: [String]
    /// What would make the ranking surer, most useful first.
    public var wouldSharpen: [String]
    /// Why a baseline silences the finding; absent for one that counts.
    public var accepted: AcceptanceDocument?

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
        accepted: AcceptanceDocument? = nil
    ) {
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
