import Terms
import TrainingLogs

/// A finding that no curve shows: a setting that cannot be right, a log that contradicts the configuration, a checkpoint
/// that shows what the loss hides.
public struct Remark: Sendable, Equatable {
    /// The setting, or the sign in the checkpoints, that it is about.
    public var origin: Finding.Origin
    /// One line for a heading.
    public var title: Phrase
    /// How grave it is.
    public var severity: Severity
    /// The cause it speaks for; `nil` where it only shows a disagreement.
    public var cause: CauseKind?
    /// Probability of the cause.
    public var confidence: Double
    /// What was seen, with numbers; a sentence each.
    public var evidence: [Phrase]
    /// What would settle it, without a full stop; empty where nothing is known that would.
    public var nextTest: Phrase
    /// What to do about it, with concrete values.
    public var fix: Advice

    /// Creates a remark.
    public init(
        _ origin: Finding.Origin,
        title: Phrase,
        severity: Severity,
        cause: CauseKind? = nil,
        confidence: Double = 0.5,
        evidence: [Phrase],
        nextTest: Phrase = Phrase(),
        fix: Advice = Advice()
    ) {
        self.origin = origin
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
            + CheckpointHealth.remarks(configuration.facts) + MixtureAgreement.remarks(configuration.facts.mixture)
        return all.enumerated().sorted { left, right in
            left.element.severity != right.element.severity
                ? left.element.severity > right.element.severity : left.offset < right.offset
        }.map(\.element)
    }
}
