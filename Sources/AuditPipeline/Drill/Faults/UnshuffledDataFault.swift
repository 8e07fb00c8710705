import Replay

/// Two domains one after the other: all of the first, then all of the second.
struct UnshuffledDataFault: PlannedFault {
    let id = "data-order"
    let summary = "two domains one after the other, unshuffled"

    func apply(to plan: inout DrillPlan, random: inout SplitMix64) -> DrillTruth {
        var text = DrillText(seed: plan.seed &+ 77, domain: .ledgers)
        let half = plan.shards.count / 2
        for shard in half..<plan.shards.count {
            let tokens = text.tokens(plan.shards[shard].tokens.count)
            plan.shards[shard] = DrillShard(name: plan.shards[shard].name, pristine: tokens)
        }
        let step = plan.shards.prefix(half).reduce(0) { $0 + $1.tokens.count } / plan.tokensPerStep + 1
        return DrillTruth(fault: id, cause: "data-order", onset: step)
    }
}
