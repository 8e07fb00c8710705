import Diagnosis
import Terms

/// The result of `trainaudit diagnose`.
public struct DiagnosisReport: Sendable, Encodable {
    private enum CodingKeys: CodingKey {
        case schema, verdict, undetermined, history, symptoms, hypotheses, findings, notes, peers
    }

    /// The schema of this report's JSON.
    public static let schema = "trainaudit.diagnose/2"

    /// How the report speaks: the log files.
    public var voice: Voice
    /// What the diagnosis came to.
    public var verdict: Verdict
    /// What was read.
    public var history: HistoryReport
    /// All events, gravest first.
    public var findings: [Finding]
    /// What the tool had to assume or could not check.
    public var notes: [String]
    /// Spikes by other tools' definitions, for comparison; no finding rests on them.
    public var peers: [PeerSpikesReport]

    /// Creates a report.
    public init(
        verdict: Verdict,
        history: HistoryReport,
        findings: [Finding] = [],
        voice: Voice = Voice(),
        notes: [String] = [],
        peers: [PeerSpikesReport] = []
    ) {
        self.verdict = verdict
        self.history = history
        self.findings = findings
        self.voice = voice
        self.notes = notes
        self.peers = peers
    }

    /// What was seen: the gravest event's first, those of one event in order of their steps.
    public var symptoms: [Symptom] { findings.flatMap(\.symptoms) }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(Self.schema, forKey: .schema)
        try container.encode(verdict, forKey: .verdict)
        try container.encodeIfPresent(verdict.doubtText, forKey: .undetermined)
        try container.encode(history, forKey: .history)
        try container.encode(symptoms, forKey: .symptoms)
        let lead = findings.first.map { finding in finding.hypotheses.map { HypothesisJSON($0, of: finding) } }
        try container.encode(lead ?? [], forKey: .hypotheses)
        try container.encode(findings, forKey: .findings)
        try container.encode(notes, forKey: .notes)
        try container.encode(peers, forKey: .peers)
    }
}

/// The spikes of a curve by another tool's definition.
public struct PeerSpikesReport: Codable, Sendable, Equatable {
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
