import Replay

/// One layer of width eight.
struct SmallModelFault: PlannedFault {
    let id = "capacity-limit"
    let summary = "a model of one layer and width eight"

    func apply(to plan: inout DrillPlan, random: inout SplitMix64) -> DrillTruth {
        (plan.layers, plan.heads, plan.channels) = (1, 1, 8)
        return DrillTruth(fault: id, cause: "capacity-limit")
    }
}
