import Replay

/// A peak learning rate a thousand times too low.
struct LearningRateLowFault: PlannedFault {
    let id = "learning-rate-low"
    let summary = "a peak learning rate a thousand times too low"

    func apply(to plan: inout DrillPlan, random: inout SplitMix64) -> DrillTruth {
        plan.peakLearningRate = 5e-6
        plan.floorLearningRate = 5e-7
        return DrillTruth(fault: id, cause: "learning-rate-low")
    }
}
