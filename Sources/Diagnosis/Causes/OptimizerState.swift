import Terms
import TrainingLogs

/// The optimizer's moments are lost, stale or poisoned.
package enum OptimizerStateCause: CauseRule {
    package static let kind = CauseKind.optimizerState
    package static let head = RuleHead(
        id: CauseKind.optimizerState.rawValue,
        title: "Optimizer state",
        summary: "The optimizer's moments are lost, stale or poisoned.",
        references: ["decision tree, Q2.4"]
    )

    package static func weigh(_ file: CaseFile) -> Weighing? {
        let unsound = file.replays.lazy.flatMap(\.unsoundMoments).first
        let isShown = file.shows(.resumeJump, .lossSpike, .lossDivergence, .lossStepUp, .gradientExplosion)
        guard isShown || unsound != nil else { return nil }
        var weighing = Weighing(prior: -2)
        if let unsound {
            weighing.add(4, "The moments beside the checkpoint from before the event are unsound: \(unsound).")
        }
        if file.measured(.resumeJump, "departs") == 1, let jump = file.symptom(.resumeJump) {
            weighing.add(4.5, "\(jump.summary) The weights and the batch are the same; the moments are not.")
        } else if let jump = file.symptom(.resumeJump), jump.severity == .warning {
            weighing.add(2, "\(jump.summary) Lost moments cost just that.")
        }
        if file.measured(.lossSpike, "recovered") == 0 {
            weighing.add(0.7, "The loss stays high after the spike: the moments may hold it there.")
        }
        file.weighReplay(into: &weighing, hard: -1, normal: 0.8)
        if file.damageForce > 0 {
            weighing.add(-1 * file.damageForce, "A shard that fed the event is damaged.")
        }
        weighing.nextTest = "compare exp_avg_sq of the checkpoints before and after step \(file.onset)"
        weighing.fix =
            """
            Save and load the optimizer with the model; \(file.resumeAdvice), or warm up for 100 steps after \
            resetting it.
            """
        return weighing
    }
}
