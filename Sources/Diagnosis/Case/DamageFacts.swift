import Foundation
import Terms
import TrainingLogs

/// What is known about the damage that fed an event: how much of it there was, when it was read, and for how long.
extension Case {
    /// Damaged shards that fed the event; the worst one where none is known to have.
    package var culprits: [ShardDamage] {
        let fed = damages.filter { $0.overlappingSteps > 0 }
        return fed.isEmpty ? Array(damages.prefix(1)) : fed
    }

    /// How often the run read its training tokens; `nil` where not known.
    package var epochs: Double? {
        epochSteps.map { (Double(run.lastStep.subtractingStep(run.history.stepBase)) + 1) / $0 }
    }

    /// Steps of one pass over the training tokens; `nil` where not known.
    package var epochSteps: Double? { run.epochSteps }

    /// Whether the loss swings once or a few times in each pass over the same data.
    package var isPeriodAnEpoch: Bool {
        guard let period = measured(LossOscillationRule.period).map(Double.init), let length = epochSteps,
            (epochs ?? 0) > 1.8
        else {
            return false
        }
        let passes = (period / length).rounded()
        return passes >= 1 && abs(period - passes * length) <= 0.15 * length + 1
    }

    /// The steps that read damaged bytes of the culprits, rising and without overlap; empty where they are not known.
    package var damagedSteps: [ClosedRange<Int>] {
        culprits.flatMap { damage in
            damage.affectedStepRanges.isEmpty ? damage.affectedSteps.map { [$0] } ?? [] : damage.affectedStepRanges
        }.merged()
    }

    /// The damaged steps in words: at most six ranges.
    package var damagedStepsText: Phrase? {
        let ranges = damagedSteps
        guard let first = ranges.first else { return nil }
        if ranges.count == 1 { return "\(steps: first)" }
        let shown = ranges.prefix(6).map { range -> Phrase in
            range.count == 1 ? "\(range.lowerBound)" : "\(range.lowerBound) to \(range.upperBound)"
        }
        let rest = ranges.count - shown.count
        return "steps \(shown.joined(separator: ", "))\(rest > 0 ? " and \(rest) more" : "")"
    }

    /// The share of damaged tokens in the suspect steps that read the shard's damaged bytes; `nil` where not known.
    package func damagedShare(_ damage: ShardDamage) -> Double? {
        guard let tokens = damage.damagedTokens, let perStep = damage.tokensPerStep ?? run.tokensPerStep, perStep > 0
        else { return nil }
        return min(1, Double(max(0, tokens)) / (Double(max(1, damage.overlappingSteps)) * Double(perStep)))
    }

    /// How much a damage of this share can do to a loss: 0 below half a percent of the tokens, 1 from a tenth on, three
    /// quarters where the share is not known.
    package func force(_ damage: ShardDamage) -> Double {
        guard let share = damagedShare(damage) else { return 0.75 }
        guard share >= CorruptShardCause.leastShare.value else { return 0 }
        let full = CorruptShardCause.fullShare.value
        return 0.1 + 0.9
            * min(1, log(share / CorruptShardCause.leastShare.value) / log(full / CorruptShardCause.leastShare.value))
    }

    /// The force of the strongest damage that fed the event, halved where the event goes on without it: what speaks
    /// against every other cause.
    package var damageForce: Double {
        let force = damages.filter { $0.overlappingSteps > 0 }.map(force).max() ?? 0
        return outlasting == nil ? force : force / 2
    }

    /// Where the event goes on long after the last damaged step: its last step, and how many steps were damaged.
    package var outlasting: (until: Int, damaged: Int)? {
        let ranges = damagedSteps
        guard let end = ranges.last?.upperBound, let begin = ranges.first?.lowerBound else { return nil }
        let losses = event.symptoms.filter { symptom in
            symptom.severity > .info && (symptom.kind.traits.contains(.jump) || symptom.kind == .lossDip)
        }
        guard let last = losses.map(\.lastStep).max(), last > end.addingStep(50) else { return nil }
        let damaged = ranges.reduce(0) { $0.addingStep($1.upperBound.subtractingStep($1.lowerBound).addingStep(1)) }
        let isLong = Double(last.subtractingStep(begin)) > 5 * Double(damaged) + 50
        return isLong || shows(.lossStepUp) ? (last, damaged) : nil
    }
}
