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
    public var summary: String
    /// The numbers behind the verdict, by camelCase name (`zScore`, `peakLoss`, `baseline`, `threshold`, …).
    public var measurements: [String: Double]

    /// Creates a symptom.
    public init(
        kind: SymptomKind,
        firstStep: Int,
        lastStep: Int,
        severity: Severity,
        summary: String,
        measurements: [String: Double] = [:]
    ) {
        self.kind = kind
        self.firstStep = firstStep
        self.lastStep = lastStep
        self.severity = severity
        self.summary = summary
        self.measurements = measurements
    }
}
