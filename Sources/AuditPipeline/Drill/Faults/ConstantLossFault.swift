import Replay

/// A loss cut off from the weights, on one fixed batch: no gradient, and the same loss for ever.
struct ConstantLossFault: PlannedFault {
    let id = "detached-gradient"
    let summary = "a loss without gradient, on one fixed batch"

    func apply(to plan: inout DrillPlan, random: inout SplitMix64) -> DrillTruth {
        plan.conduct.position = { _ in 0 }
        plan.conduct.gradientFactor = { _ in 0 }
        plan.weightDecay = 0
        return DrillTruth(fault: id, cause: "detached-gradient", accepted: ["optimizer-not-stepping"])
    }
}
