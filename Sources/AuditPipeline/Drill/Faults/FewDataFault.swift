import Replay

/// A plan that needs six times the data there are: the loader begins again and again.
struct FewDataFault: PlannedFault {
    let id = "data-exhaustion"
    let summary = "a sixth of the data that the plan needs"

    func apply(to plan: inout DrillPlan, random: inout SplitMix64) -> DrillTruth {
        let tokens = (plan.steps / 6) * plan.tokensPerStep
        var all = plan.shards.flatMap(\.pristine)
        all.removeLast(max(0, all.count - tokens))
        plan.shards = [DrillShard(name: plan.shards[0].name, pristine: all)]
        return DrillTruth(fault: id, cause: "data-exhaustion", accepted: ["overfit"])
    }
}
