import Replay

/// The full rate, and a high one, from the first update on.
struct NoWarmupFault: PlannedFault {
    let id = "warmup-missing"
    let summary = "no warm-up, at a high rate"

    func apply(to plan: inout DrillPlan, random: inout SplitMix64) -> DrillTruth {
        plan.warmupSteps = 1
        plan.peakLearningRate = 0.03
        plan.floorLearningRate = 0.003
        return DrillTruth(fault: id, cause: "warmup-missing", accepted: ["learning-rate-high"])
    }
}
