/// A possible cause of an event, with the evidence for and against it.
public struct Hypothesis: Sendable, Equatable {
    /// The cause.
    public var cause: CauseKind
    /// Probability between 0 and 1; over the hypotheses of an event they sum to at most 1 (the rest is "something else").
    public var confidence: Double
    /// The probability that log and configuration alone give, without what shards, checkpoints and replays show; `nil`
    /// where that was not asked, and of an event that is not from the log or no more than information.
    public var logConfidence: Double?
    /// The symptoms it explains.
    public var symptoms: [SymptomKind]
    /// Sentences with numbers that speak for it, strongest first.
    public var evidenceFor: [String]
    /// Sentences that speak against it.
    public var evidenceAgainst: [String]
    /// What would settle it, as a command or an action.
    public var nextTest: String
    /// What to do about it, with concrete values.
    public var fix: String

    /// Creates a hypothesis.
    public init(
        cause: CauseKind,
        confidence: Double,
        symptoms: [SymptomKind] = [],
        evidenceFor: [String] = [],
        evidenceAgainst: [String] = [],
        nextTest: String = "",
        fix: String = "",
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
    }

    /// The guide's page, relative to the guide's root.
    public var guide: String { GuidePage.path(id: cause.rawValue) }
}
