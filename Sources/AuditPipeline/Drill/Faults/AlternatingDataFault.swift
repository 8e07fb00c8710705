import Replay

/// Two domains in turn, every forty steps.
struct AlternatingDataFault: PlannedFault {
    let id = "data-order-alternating"
    let summary = "two domains in turn, unshuffled"

    func apply(to plan: inout DrillPlan, random: inout SplitMix64) -> DrillTruth {
        var text = DrillText(seed: plan.seed &+ 78, domain: .ledgers)
        let stretch = 40 * plan.tokensPerStep
        var position = 0
        for shard in plan.shards.indices {
            var tokens = plan.shards[shard].pristine
            let other = text.tokens(tokens.count)
            for index in tokens.indices where ((position + index) / stretch).isMultiple(of: 2) == false {
                tokens[index] = other[index]
            }
            position += tokens.count
            plan.shards[shard] = DrillShard(name: plan.shards[shard].name, pristine: tokens)
        }
        return DrillTruth(fault: id, cause: "data-order", onset: 41)
    }
}
