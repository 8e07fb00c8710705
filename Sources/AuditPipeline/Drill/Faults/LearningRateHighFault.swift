import Replay

/// A peak learning rate thirty times too high.
struct LearningRateHighFault: PlannedFault {
    let id = "learning-rate-high"
    let summary = "a peak learning rate thirty times too high"

    func apply(to plan: inout DrillPlan, random: inout SplitMix64) -> DrillTruth {
        plan.peakLearningRate = 0.09
        plan.floorLearningRate = 0.009
        return DrillTruth(fault: id, cause: "learning-rate-high")
    }
}
