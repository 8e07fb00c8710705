import Replay

/// A data set of a few pages, read again and again.
struct SmallDataFault: PlannedFault {
    let id = "overfit"
    let summary = "a few pages of data, read seventy times"

    func apply(to plan: inout DrillPlan, random: inout SplitMix64) -> DrillTruth {
        let tokens = Array(plan.shards[0].pristine.prefix(4_096))
        plan.shards = [DrillShard(name: plan.shards[0].name, pristine: tokens)]
        plan.weightDecay = 0
        return DrillTruth(fault: id, cause: "overfit", accepted: ["data-exhaustion"])
    }
}
