import Replay

/// A weight decay that shrinks the weights faster than learning grows them.
struct WeightDecayFault: PlannedFault {
    let id = "weight-decay"
    let summary = "a weight decay of ten"

    func apply(to plan: inout DrillPlan, random: inout SplitMix64) -> DrillTruth {
        plan.weightDecay = 10
        return DrillTruth(fault: id, cause: "weight-decay")
    }
}
