import Terms
import TrainingLogs

extension LogAnalysis {
    /// The event that a significant effect of damaged or odd tokens is: what the curve does at the known steps.
    /// - Parameters:
    ///   - effect: the effect.
    ///   - steps: the known steps that the log shows, rising.
    ///   - severity: how grave it is.
    public func event(of effect: StepEffect, steps: [ClosedRange<Int>], severity: Severity) -> Event? {
        guard let run = runs.last, let first = steps.first?.lowerBound, let last = steps.last?.upperBound else {
            return nil
        }
        let value = run.raw.value(atStep: effect.strongestStep) ?? effect.strongest
        let level = value - effect.strongest
        let (kind, measurements): (SymptomKind, Measurements)
        if effect.effect < 0 {
            kind = .lossDip
            measurements = Measurements()
                .with(LossDipRule.before, level)
                .with(LossDipRule.lowest, value)
                .with(LossDipRule.records, effect.records)
        } else if effect.course == .stays {
            kind = .lossStepUp
            measurements = Measurements()
                .with(LossStepUpRule.before, level)
                .with(LossStepUpRule.after, level + effect.effect)
                .with(LossStepUpRule.rise, effect.effect)
                .with(LossStepUpRule.zScore, effect.sigmas)
        } else {
            kind = .lossSpike
            measurements = Measurements()
                .with(LossSpikeRule.baseline, level)
                .with(LossSpikeRule.peakLoss, value)
                .with(LossSpikeRule.peakStep, effect.strongestStep)
                .with(LossSpikeRule.zScore, effect.sigmas)
                .with(LossSpikeRule.records, effect.records)
                .with(LossSpikeRule.scattered, effect.places.count > 1 ? true : nil)
                .with(LossSpikeRule.recovered, true)
        }
        return Event(symptoms: [
            Symptom(
                kind: kind,
                firstStep: first,
                lastStep: last,
                severity: severity,
                summary: effect.sentence,
                measurements: measurements
            )
        ])
    }

    /// Whether an event is a sudden change of the curves near some steps: what known steps there may have made.
    public func isSudden(_ event: Event, near steps: [ClosedRange<Int>]) -> Bool {
        let reach = 5 * run(of: event).interval
        return event.symptoms.contains { symptom in
            guard !symptom.kind.traits.contains(.lasting),
                symptom.kind.traits.contains(.data) || symptom.kind.traits.contains(.rise)
            else { return false }
            return steps.contains { range in
                range.lowerBound.subtractingStep(reach) <= symptom.lastStep
                    && symptom.firstStep <= range.upperBound.addingStep(reach)
            }
        }
    }
}
