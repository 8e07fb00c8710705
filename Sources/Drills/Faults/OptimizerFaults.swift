import Diagnosis
import Replay
import Terms

extension DrillFault {
    /// Updates that are too long, too short, too noisy or not done.
    static let optimizerFaults = [
        // A bad reduction makes the gradients of one update sixty times too large, under momentum SGD.
        DrillFault(
            "gradient-clipping-missing",
            "one huge gradient, and nothing clips it",
            cause: .gradientClippingMissing,
            accepted: [.learningRateHigh]
        ) { plan in
            let hit = plan.middle()
            plan.isPlainGradientDescent = true
            plan.gradientClip = nil
            plan.weightDecay = 0
            plan.peakLearningRate = 0.05
            plan.floorLearningRate = 0.005
            plan.conduct.gradientFactor = { $0 == hit ? 60 : 1 }
            plan.onset = hit + 1
        },
        // Under momentum SGD every update is shortened.
        DrillFault("clip-threshold", "a gradient clip far below every norm", cause: .clipThreshold) {
            $0.isPlainGradientDescent = true
            $0.gradientClip = 0.005
            $0.weightDecay = 0
            $0.peakLearningRate = 0.05
            $0.floorLearningRate = 0.005
        },
        // `optimizer.step()` is not called.
        DrillFault(
            "optimizer-not-stepping",
            "updates never reach the weights",
            cause: .optimizerNotStepping,
            accepted: [.detachedGradient]
        ) {
            $0.conduct.isStepping = false
        },
        // The rate is made for more tokens.
        DrillFault("batch-too-small", "thirty-two tokens an update", cause: .batchTooSmall) {
            $0.batch = 1
            $0.sequence = 32
            $0.peakLearningRate = 6e-3
        },
        // It shrinks the weights faster than learning grows them.
        DrillFault("weight-decay", "a weight decay of ten", cause: .weightDecay) { $0.weightDecay = 10 },
    ]
}
