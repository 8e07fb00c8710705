import Terms
import TrainingLogs

/// How grave an event is once its causes and the evidence are known: the one place where both are weighed together.
extension LogAnalysis {
    /// The probability from which on a cause counts as proved.
    private static let proved = 0.99
    /// The share of what a run had learned that a ruined one loses.
    private static let ruined = 0.5

    /// An event with the severity that the evidence gives it, and its causes.
    /// - Parameters:
    ///   - event: an event as the curves show it.
    ///   - evidence: what is known beside the log.
    ///   - alone: what log and configuration alone say.
    public func judged(
        _ event: Event,
        evidence: [Evidence] = [],
        alone: LogAlone? = nil
    ) -> (event: Event, hypotheses: [Hypothesis]) {
        let hypotheses = rank(event, evidence: evidence, alone: alone)
        let severity = severity(of: event, hypotheses: hypotheses, evidence: evidence)
        guard severity != event.severity else { return (event, hypotheses) }
        let graded = event.graded(severity)
        // What is no fault is worded as none.
        return (graded, severity == .info ? rank(graded, evidence: evidence, alone: alone) : hypotheses)
    }

    /// How grave an event is by its causes and the evidence.
    func severity(of event: Event, hypotheses: [Hypothesis], evidence: [Evidence]) -> Severity {
        guard event.severity > .info, let first = hypotheses.first else { return event.severity }
        let known = Case(event: event, analysis: self, evidence: evidence)
        if isHardBatch(known, first) { return .info }
        guard event.severity < .failure else { return event.severity }
        if first.cause == .corruptShard, known.effects.contains(where: \.isProvedHarm) { return .failure }
        return first.confidence > Self.proved && isRuined(known) ? .failure : event.severity
    }

    /// Whether the event is a batch of unusual text: every healthy run shows some. The data are proved intact, a replay finds
    /// the batch itself hard, and the loss is back.
    private func isHardBatch(_ known: Case, _ first: Hypothesis) -> Bool {
        guard first.cause == .outlierBatch, known.isDataProved, !known.holds(LossSpikeRule.scattered),
            let replay = known.replays.first, replay.zScore > 4, replay.suspectLoss.isFinite
        else { return false }
        let loud = known.event.symptoms.filter { $0.severity > .info }
        return loud.contains { $0.kind == .lossSpike }
            && loud.allSatisfy { $0.isOver || $0.kind == .gradientExplosion }
    }

    /// Whether the run lost more than half of what it had learned before the event.
    private func isRuined(_ known: Case) -> Bool {
        let run = known.run
        guard let initial = run.initialLoss ?? run.chanceLoss else { return false }
        let width = 20
        let start = run.loss.index(atOrAfter: known.onset)
        guard start >= width, run.loss.count - start >= width else { return false }
        let before = Robust.median(run.loss.values[start - width..<start])
        let end = run.loss.index(atOrAfter: max(known.event.lastStep, known.onset).addingStep(100 * run.interval))
        let blocks = stride(from: start, to: min(end, run.loss.count - width) + 1, by: width / 2)
        let highest = blocks.map { Robust.median(run.loss.values[$0..<$0 + width]) }.max() ?? before
        let learned = initial - before
        return learned > 10 * run.noise / Double(width).squareRoot() && highest - before > Self.ruined * learned
    }
}

extension StepEffect {
    /// Whether steps that read proved damage raise the loss.
    fileprivate var isProvedHarm: Bool {
        if case .damage = kind { return isRise }
        return false
    }
}

extension Event {
    /// The event with another severity: lowered in all its symptoms, raised in the one that names it.
    fileprivate func graded(_ severity: Severity) -> Event {
        var result = self
        let lead = lead
        for index in symptoms.indices {
            if symptoms[index].severity > severity || symptoms[index] == lead {
                result.symptoms[index].severity = severity
            }
        }
        return result
    }
}
