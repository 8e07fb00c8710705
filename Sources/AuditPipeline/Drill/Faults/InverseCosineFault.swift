import Replay

/// The cosine upside down: the rate rises where it should decay.
struct InverseCosineFault: PlannedFault {
    let id = "inverse-cosine"
    let summary = "the cosine upside down"

    func apply(to plan: inout DrillPlan, random: inout SplitMix64) -> DrillTruth {
        let (peak, floor, warmup) = (plan.peakLearningRate, plan.floorLearningRate, plan.warmupSteps)
        plan.conduct.rate = { $0 < warmup ? $1 : peak + floor - $1 }
        return DrillTruth(fault: id, cause: "schedule-bug", accepted: ["learning-rate-high"])
    }
}
