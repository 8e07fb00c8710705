import Replay

/// A learning rate of zero in every step, against the configuration.
struct LearningRateZeroFault: PlannedFault {
    let id = "learning-rate-zero"
    let summary = "the schedule returns zero"

    func apply(to plan: inout DrillPlan, random: inout SplitMix64) -> DrillTruth {
        plan.conduct.rate = { _, _ in 0 }
        return DrillTruth(fault: id, cause: "learning-rate-zero")
    }
}
