import Terms
import TrainingLogs

/// A finding that no curve shows: a setting that cannot be right, a log that contradicts the configuration, a checkpoint
/// that shows what the loss hides.
public struct Remark: Sendable, Equatable {
    /// Stable within a report: `configuration-<key>` or `checkpoint-<what>`.
    public var id: String
    /// One line for a heading.
    public var title: String
    /// How grave it is.
    public var severity: Severity
    /// The cause it speaks for; `nil` where it only tells of a disagreement.
    public var cause: CauseKind?
    /// Probability of the cause.
    public var confidence: Double
    /// What was seen, with numbers.
    public var evidence: [String]
    /// What would settle it.
    public var nextTest: String
    /// What to do about it, with concrete values.
    public var fix: String

    /// Creates a remark.
    public init(
        id: String,
        title: String,
        severity: Severity,
        cause: CauseKind? = nil,
        confidence: Double = 0.5,
        evidence: [String],
        nextTest: String = "",
        fix: String = ""
    ) {
        self.id = id
        self.title = title
        self.severity = severity
        self.cause = cause
        self.confidence = confidence
        self.evidence = evidence
        self.nextTest = nextTest
        self.fix = fix
    }
}

extension Diagnosis {
    /// What configuration and checkpoints show without a curve, gravest first.
    public static func remarks(
        history: TrainingHistory,
        configuration: TrainingConfiguration
    ) -> [Remark] {
        let all =
            ConfigurationAgreement.remarks(history, configuration) + SettingsInRange.remarks(history, configuration)
            + CheckpointHealth.remarks(configuration.facts)
        return all.enumerated().sorted { left, right in
            left.element.severity != right.element.severity
                ? left.element.severity > right.element.severity : left.offset < right.offset
        }.map(\.element)
    }
}
