import Diagnosis
import Replay
import Terms

extension DrillFault {
    /// Learning rates and lengths of training that are wrong, and rates that leave their plan.
    static let scheduleFaults = [
        DrillFault("learning-rate-high", "a peak learning rate thirty times too high", cause: .learningRateHigh) {
            $0.peakLearningRate = 0.09
            $0.floorLearningRate = 0.009
        },
        DrillFault("learning-rate-low", "a peak learning rate a thousand times too low", cause: .learningRateLow) {
            $0.peakLearningRate = 5e-6
            $0.floorLearningRate = 5e-7
        },
        // Against the configuration.
        DrillFault("learning-rate-zero", "the schedule returns zero", cause: .learningRateZero) {
            $0.conduct.rate = { _, _ in 0 }
        },
        DrillFault(
            "warmup-missing",
            "no warm-up, at a high rate",
            cause: .warmupMissing,
            accepted: [.learningRateHigh]
        ) {
            $0.warmupSteps = 1
            $0.peakLearningRate = 0.03
            $0.floorLearningRate = 0.003
        },
        // The rate rises in a straight line for the whole run.
        DrillFault(
            "warmup-endless",
            "the warm-up does not end",
            cause: .warmupEndless,
            accepted: [.scheduleBug, .learningRateHigh]
        ) {
            $0.conduct.rate = { update, _ in 2e-4 * Double(update + 1) }
        },
        DrillFault(
            "schedule-jump",
            "the rate jumps to 25 times the plan for twenty updates",
            cause: .scheduleBug
        ) { plan in
            let first = plan.middle()
            plan.conduct.rate = { (first..<first + 20).contains($0) ? 25 * $1 : $1 }
            plan.onset = first + 1
        },
        // The rate rises where it should decay.
        DrillFault(
            "inverse-cosine",
            "the cosine upside down",
            cause: .scheduleBug,
            accepted: [.learningRateHigh]
        ) { plan in
            let (peak, floor, warmup) = (plan.peakLearningRate, plan.floorLearningRate, plan.warmupSteps)
            plan.conduct.rate = { $0 < warmup ? $1 : peak + floor - $1 }
        },
        DrillFault("step-decay", "the rate is cut tenfold twice", cause: .stepDecay) { plan in
            plan.schedule = .step
            plan.peakLearningRate = 6e-3
            plan.onset = plan.warmupSteps + (plan.steps - plan.warmupSteps) / 2 + 1
        },
        // It ends, as planned, when it has hardly begun to learn.
        DrillFault("underfit", "a plan of 80 steps, at a rate that would do for a long run", cause: .underfit) {
            $0.steps = 80
            $0.warmupSteps = 10
            $0.schedule = .constant
            $0.peakLearningRate = 2e-4
            $0.floorLearningRate = 2e-4
            $0.logInterval = 1
        },
    ]
}
