import Replay

/// Two shards under each other's names: nothing is lost, but neither is what its name says.
struct SwappedShardsFault: PlannedFault {
    let id = "swapped-shards"
    let summary = "two shards under each other's names"

    func apply(to plan: inout DrillPlan, random: inout SplitMix64) -> DrillTruth {
        let (first, second) = (plan.shards[3].tokens, plan.shards[5].tokens)
        (plan.shards[3].tokens, plan.shards[5].tokens) = (second, first)
        var truth = DrillTruth(fault: id, cause: "corrupt-shard", accepted: ["data-order"])
        for shard in [3, 5] {
            let whole = 0..<plan.shards[shard].tokens.count
            truth.culprits += DrillDamage.truth(plan, fault: id, shard: shard, range: whole).culprits
        }
        return truth
    }
}
