import Terms
import TrainingLogs

/// From curves to ranked causes: values in, values out.
public enum Diagnosis {
    /// What is seen in the curves of a run.
    ///
    /// A log that holds several runs (the step counter starts again from the beginning) is read run by run.
    /// - Returns: symptoms by first step; `info` ones are worth knowing and no fault.
    /// - Complexity: O(n log n) in the records of the log.
    public static func symptoms(
        in history: TrainingHistory,
        configuration: TrainingConfiguration = TrainingConfiguration()
    ) -> [Symptom] {
        LogAnalysis(history, configuration: configuration).symptoms()
    }

    /// Symptoms grouped by what happened: those about one event are one event, gravest first.
    public static func events(from symptoms: [Symptom]) -> [Event] {
        EventGrouping.events(from: symptoms)
    }

    /// `anomalous` where an event is a warning or a failure, `healthy` otherwise: information is no anomaly.
    public static func verdict(_ events: [Event]) -> String {
        events.contains { $0.severity >= .warning } ? "anomalous" : "healthy"
    }

    /// Whether a log holds too few records to judge a run by: no curve of at least two.
    public static func isTooShort(_ history: TrainingHistory) -> Bool {
        history.train.count < 2 && history.validation.count < 2
    }

    /// Why a log is too short for a verdict to mean much: no training loss, or fewer records than the rules' windows need.
    /// - Returns: A clause without a full stop; `nil` where there are enough.
    public static func tooLittle(_ history: TrainingHistory) -> String? {
        let count = history.train.count
        guard count < ShortLog.least else { return nil }
        let points = Format.count(history.validation.count, "validation point")
        if count == 0 { return "the log has no training loss" + (history.validation.isEmpty ? "" : ", only \(points)") }
        return
            "the log has \(Format.count(count, "record")) of the training loss, and most rules need \(ShortLog.least)"
    }

    /// The cause that a summary may name: the likeliest one, where something speaks for it and it is likely enough to be
    /// worth saying (``standsOut(_:confidences:isSupported:isShardDamaged:)``).
    /// - Parameters:
    ///   - hypotheses: what ``rank(event:history:configuration:evidence:)`` gave, likeliest first.
    ///   - evidence: what it was given.
    public static func named(_ hypotheses: [Hypothesis], evidence: [Evidence]) -> Hypothesis? {
        let isFailed = evidence.contains { item in
            switch item {
            case .shardDamaged, .tokensOutsideVocabulary: true
            default: false
            }
        }
        guard let first = hypotheses.first,
            standsOut(
                first.cause.rawValue,
                confidences: hypotheses.map(\.confidence),
                isSupported: !first.evidenceFor.isEmpty,
                isShardDamaged: isFailed
            )
        else { return nil }
        return first
    }

    /// Whether the likeliest of ranked causes stands out from the others, so that a report may call it the cause.
    /// - Parameters:
    ///   - cause: its id.
    ///   - confidences: those of all causes, likeliest first.
    ///   - isSupported: whether anything speaks for it.
    ///   - isShardDamaged: whether a shard fails a check.
    public static func standsOut(
        _ cause: String,
        confidences: [Double],
        isSupported: Bool,
        isShardDamaged: Bool
    ) -> Bool {
        guard let first = confidences.first, isSupported else { return false }
        let second = confidences.dropFirst().first ?? 0
        // Coincidence is no proof: a shard that no check has failed is named only where little else is left.
        if cause == CauseKind.corruptShard.rawValue, !isShardDamaged { return first >= 0.7 }
        return first >= 0.3 || first >= 0.2 && first > 2 * second
    }

    /// The steps whose data should be traced and replayed: the event's first steps, the worst ones, and the few before,
    /// because the gradient norm leads the loss.
    /// - Returns: at most 32 steps, rising; empty where the data are no sensible suspect.
    public static func suspectSteps(of event: Event, history: TrainingHistory) -> [Int] {
        LogAnalysis(history).suspectSteps(of: event)
    }

    /// Healthy steps before the event (after it where there are none), for control batches.
    /// - Returns: at most `count` steps, rising.
    public static func controlSteps(of event: Event, history: TrainingHistory, count: Int) -> [Int] {
        LogAnalysis(history).controlSteps(of: event, count: count)
    }

    /// The possible causes of an event, likeliest first.
    ///
    /// Causes compete: each gathers log-odds from a prior and from evidence, a softmax over all of them and a
    /// remainder ("something else") makes confidences of the sums. Confidences sum to at most 1; below 1 % is left out.
    /// Who asks about several events keeps a ``LogAnalysis``.
    public static func rank(
        event: Event,
        history: TrainingHistory,
        configuration: TrainingConfiguration = TrainingConfiguration(),
        evidence: [Evidence] = []
    ) -> [Hypothesis] {
        LogAnalysis(history, configuration: configuration).rank(event, evidence: evidence)
    }
}

extension Symptom {
    /// The order of reports: by first step, then by the vocabulary, then by last step.
    static func precedes(_ left: Symptom, _ right: Symptom) -> Bool {
        if left.firstStep != right.firstStep { return left.firstStep < right.firstStep }
        if left.kind != right.kind { return left.kind.order < right.kind.order }
        return left.lastStep < right.lastStep
    }
}

extension SymptomKind {
    /// The place in the vocabulary.
    var order: Int { Self.allCases.firstIndex(of: self) ?? 0 }
}

extension CauseKind {
    /// The place in the vocabulary.
    var order: Int { Self.allCases.firstIndex(of: self) ?? 0 }
}
