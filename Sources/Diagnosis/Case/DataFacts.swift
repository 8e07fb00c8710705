import Foundation
import Terms
import TrainingLogs

/// What is known about the data, the checkpoints and the replays of the event.
extension Case {
    /// Damaged shards that fed the event, worst overlap first.
    package var damages: [ShardDamage] {
        let found = evidence.compactMap { item -> ShardDamage? in
            if case .shardDamaged(let damage) = item { return damage }
            return nil
        }
        return found.sorted {
            $0.overlappingSteps != $1.overlappingSteps ? $0.overlappingSteps > $1.overlappingSteps : $0.shard < $1.shard
        }
    }

    /// The level at which the shards that fed the event were proved intact.
    package var intactLevel: EvidenceLevel? {
        for case .shardsIntact(_, let level) in evidence { return level }
        return nil
    }

    /// Whether the event was traced to shards, which were checked.
    package var isTraced: Bool { intactLevel != nil || !damages.isEmpty }

    /// Whether a batch of the event was replayed, with or without a finite result.
    package var isReplayed: Bool {
        evidence.contains { item in
            switch item {
            case .replay, .nonFiniteActivation: true
            default: false
            }
        }
    }

    /// The test by replay, or another one where the batch has been replayed already.
    package func replayTest(
        _ step: Int,
        precision: String? = nil,
        _ meaning: Phrase = Phrase(),
        otherwise: Phrase
    ) -> Phrase {
        isReplayed ? otherwise : "\(.replay(step: step, precision: precision))\(meaning)"
    }

    /// Whether every shard that fed the event agrees with its digest and none is damaged.
    package var isDataProved: Bool { intactLevel == .digest && damages.isEmpty }

    /// The replays, highest suspect first.
    package var replays: [ReplayContrast] {
        let found = evidence.compactMap { item -> ReplayContrast? in
            if case .replay(let contrast) = item { return contrast }
            return nil
        }
        return found.sorted { $0.zScore != $1.zScore ? $0.zScore > $1.zScore : $0.step < $1.step }
    }

    /// How the tokens of the event compare with those before.
    package var contentShift: ContentShift? {
        for case .contentShift(let shift) in evidence { return shift }
        return nil
    }

    /// What shards and checkpoints say of the run.
    package var facts: RunFacts { run.configuration.facts }

    /// Where a replay first produced a non-finite value.
    package var nonFiniteOperation: NonFiniteActivation? {
        for case .nonFiniteActivation(let found) in evidence where found.isProducer { return found }
        return nil
    }

    /// The advice to go back to before the event.
    package var resumeAdvice: Phrase {
        resumeAdvice(before: measured(SlowRiseRule.lowestStep) ?? onset)
    }

    /// The advice to go back to the last sound checkpoint before a step; to the beginning where that is within the first
    /// fifty.
    package func resumeAdvice(before turn: Int) -> Phrase {
        let broken = brokenSteps.filter { $0 < turn }.min()
        let turn = broken ?? turn
        let checkpoint = run.history.events.last { event in
            event.kind == .checkpoint && (event.step ?? .max) < turn
        }?.step
        let sound = broken == nil ? nil : facts.soundCheckpoints.last { $0.step < turn }?.step
        let reason: Phrase = broken.map { " (the weights of step \($0) are broken)" } ?? Phrase()
        if let step = [checkpoint, sound].compactMap({ $0 }).max() {
            return "resume from the checkpoint of step \(step)\(reason)"
        }
        if isAtStart(turn) { return "restart from the beginning" }
        return "resume from the last checkpoint before step \(turn)\(reason)"
    }

    /// The steps of checkpoints whose weights are known to be broken.
    private var brokenSteps: [Int] {
        let found = evidence.compactMap { item -> Int? in
            if case .nonFiniteWeights(_, let step, _, _) = item { return step }
            return nil
        }
        return found + facts.damagedCheckpoints.map(\.step)
    }

    /// "from before step n", or "from the beginning".
    package var rerunPoint: Phrase { isAtStart(onset) ? "from the beginning" : "from before step \(onset)" }

    private func isAtStart(_ step: Int) -> Bool { step.subtractingStep(run.history.stepBase) < 50 }

    /// Whether the log goes back to a step near one: a process resumed there. Records of several ranks or batches under
    /// one number are no resume.
    package func goesBack(within reach: Int, of step: Int) -> Bool {
        run.restarts.contains { abs($0.subtractingStep(step)) <= reach }
    }

    /// The event's steps in words.
    package var span: Phrase { "\(steps: onset...max(onset, event.lastStep))" }

    /// Weighs how little a log of fewer than twenty records says about a curve that does not move.
    package func weighFewRecords(_ clue: Clue<Int>, into weighing: inout Weighing) {
        let count = run.loss.count
        guard count < ShortLog.least else { return }
        weighing.add(clue, count, times: 1 - Double(count) / Double(ShortLog.least))
    }

    /// Whether a replay can tell batch from weights: its checkpoint is of before the event, is not broken, and gives the
    /// control batches about the loss that the run had there.
    package func isConclusive(_ replay: ReplayContrast) -> Bool {
        guard replay.checkpointStep < onset, !brokenSteps.contains(replay.checkpointStep) else { return false }
        let end = run.loss.index(atOrAfter: replay.checkpointStep.addingStep(1))
        let near = run.loss.values[max(0, end - 20)..<end]
        guard near.count >= 5 else { return true }
        // A checkpoint costs its own run's loss; half a nat is more than other batches and rounding make of it.
        return replay.controlMean < Robust.median(near) + max(0.5, 4 * Robust.noise(near))
    }

    /// Weighs what a replay of the suspect batch says about the data.
    /// - Parameters:
    ///   - weighing: What is weighed for the cause.
    ///   - hard: For a batch that is hard under these weights.
    ///   - ordinary: For one that is ordinary under the weights before the event.
    package func weighReplay(
        into weighing: inout Weighing,
        hard: Clue<ReplayContrast>,
        ordinary: Clue<ReplayContrast>? = nil
    ) {
        guard let replay = replays.first else { return }
        if replay.zScore > 4 {
            weighing.add(hard, replay)
        } else if replay.zScore < 2.5, let ordinary, isConclusive(replay) {
            weighing.add(ordinary, replay)
        }
    }
}
