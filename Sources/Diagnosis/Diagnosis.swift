import Terms
import TrainingLogs

/// From curves to ranked causes: values in, values out.
public enum Diagnosis {
    /// What is seen in the curves of a run.
    ///
    /// A log that holds several runs is read run by run.
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

    /// What the findings of a run and its log come to: information is no anomaly, and a log of few records, or one that ends
    /// before slow and broken runs differ, gives no verdict by its silence.
    /// - Parameters:
    ///   - gravest: The highest severity among the findings.
    ///   - history: The log.
    ///   - symptoms: The symptoms of the findings.
    public static func verdict(
        _ gravest: Severity?,
        history: TrainingHistory?,
        symptoms: [Symptom] = []
    ) -> Verdict {
        if let gravest, gravest >= .warning { return .anomalous }
        if let updates = symptoms.lazy.compactMap({ $0[LossPlateauRule.unsettled] }).first {
            return .undetermined(.stillEarly(updates: updates))
        }
        return history.flatMap(doubt).map(Verdict.undetermined) ?? .healthy
    }

    /// Whether a log holds too few records to judge a run by: no curve of at least two.
    public static func isTooShort(_ history: TrainingHistory) -> Bool {
        history.train.count < 2 && history.validation.count < 2
    }

    /// Why a log allows no verdict: most of its records were not read, or it is too short: no training loss, or fewer records
    /// than the rules' windows need and no trend that is certain all the same.
    /// - Returns: `nil` where there is enough.
    public static func doubt(_ history: TrainingHistory) -> Verdict.Doubt? {
        if let unread = history.unread, unread.isMost { return .unreadRecords(unread.count, of: unread.total) }
        let count = history.train.count
        guard count < ShortLog.least else { return nil }
        let curves = [history.train, history.validation].map { $0.merged().finite.values }
        if curves.contains(where: Trend.surelyFalls) { return nil }
        return count == 0
            ? .noTrainingLoss(validationRecords: history.validation.count)
            : .fewRecords(count, needed: ShortLog.least)
    }

    /// Whether the likeliest of ranked causes stands out from the others, so that a report may call it the cause: something
    /// speaks for it, and it is likely enough to be worth saying.
    /// - Parameters:
    ///   - hypotheses: likeliest first.
    ///   - isShardDamaged: whether a shard that fed the event fails a check, or holds tokens that the vocabulary lacks.
    public static func standsOut(_ hypotheses: [Hypothesis], isShardDamaged: Bool) -> Bool {
        guard let first = hypotheses.first, !first.evidenceFor.isEmpty else { return false }
        let second = hypotheses.dropFirst().first?.confidence ?? 0
        // Coincidence is no proof: a shard that no check has failed is named only where little else is left.
        if first.cause == .corruptShard, !isShardDamaged { return first.confidence >= 0.7 }
        return first.confidence >= 0.3 || first.confidence >= 0.2 && first.confidence > 2 * second
    }

    /// An event as a finding.
    /// - Parameters:
    ///   - event: The event.
    ///   - analysis: The log and what is configured.
    ///   - hypotheses: Its causes, likeliest first.
    ///   - evidence: What is known beside the log.
    ///   - spans: The data that fed its suspect steps.
    ///   - run: The run of the log that it is of; `nil` for the one that the report is about.
    /// - Returns: `nil` of an event without symptoms.
    public static func finding(
        _ event: Event,
        in analysis: LogAnalysis,
        hypotheses: [Hypothesis],
        evidence: [Evidence] = [],
        spans: [TracedSpan] = [],
        run: Finding.Run? = nil
    ) -> Finding? {
        guard let lead = event.lead else { return nil }
        let isShardDamaged = evidence.contains { item in
            switch item {
            case .shardDamaged, .tokensOutsideVocabulary: true
            default: false
            }
        }
        // The end of a spike that does not come back is only where the search for its end stopped.
        let isOpen = lead[LossSpikeRule.recovered] == false
        let place: Phrase =
            isOpen
            ? "from step \(lead.firstStep)"
            : "\(steps: lead.firstStep...max(lead.firstStep, lead.lastStep))"
        let runPlace: Phrase = run.map { " of run \($0.number), from line \($0.line)" } ?? Phrase()
        var finding = Finding(
            .event(lead.kind, step: lead.firstStep),
            title: "\(lead.kind), \(place)\(runPlace)",
            severity: event.severity,
            // The curves of a report are those of the main run, and have other steps of these numbers.
            steps: run == nil ? event.firstStep...max(event.firstStep, event.lastStep) : nil,
            symptoms: event.symptoms,
            spans: spans,
            hypotheses: hypotheses,
            isCauseClear: standsOut(hypotheses, isShardDamaged: isShardDamaged),
            story: story(of: event, in: analysis),
            // Shards and checkpoints are configured for the main run.
            missing: run == nil ? wouldSharpen(event, in: analysis, evidence: evidence) : []
        )
        finding.run = run
        return finding
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
    /// The order of reports: by first step, then by the order of the rules, then by last step.
    static func precedes(_ left: Symptom, _ right: Symptom) -> Bool {
        if left.firstStep != right.firstStep { return left.firstStep < right.firstStep }
        if left.kind != right.kind { return SymptomRules.place(of: left.kind) < SymptomRules.place(of: right.kind) }
        return left.lastStep < right.lastStep
    }
}
