import Terms

/// Something seen in the curves of a run.
public struct Symptom: Sendable, Equatable {
    /// What was seen.
    public var kind: SymptomKind
    /// The first step at which it shows, in the numbering of the log.
    public var firstStep: Int
    /// The last step at which it shows.
    public var lastStep: Int
    /// How grave it is by itself.
    public var severity: Severity
    /// One sentence with the numbers, for a person.
    public var summary: Phrase
    /// The numbers behind the verdict.
    public var measurements: Measurements

    /// Creates a symptom.
    public init(
        kind: SymptomKind,
        firstStep: Int,
        lastStep: Int,
        severity: Severity,
        summary: Phrase,
        measurements: Measurements = Measurements()
    ) {
        self.kind = kind
        self.firstStep = firstStep
        self.lastStep = lastStep
        self.severity = severity
        self.summary = summary
        self.measurements = measurements
    }

    /// Whether the loss came back by itself, as far as the rule looked for that.
    package var isOver: Bool { self[LossSpikeRule.recovered] ?? false }

    /// A measure of this symptom; `nil` where it was not taken, and where the measure is of another kind.
    public subscript<Value>(_ measure: Measure<Value>) -> Value? { measurements[measure] }
}
