import Replay

/// A shard that holds the tokens of another one: a download that was written twice.
struct DuplicateShardFault: PlannedFault {
    let id = "duplicate-shard"
    let summary = "one shard holds the tokens of another"

    func apply(to plan: inout DrillPlan, random: inout SplitMix64) -> DrillTruth {
        plan.shards[5].tokens = plan.shards[2].tokens
        let whole = 0..<plan.shards[5].tokens.count
        var truth = DrillDamage.truth(plan, fault: id, shard: 5, range: whole)
        truth.cause = "duplicate-shard"
        truth.accepted = ["corrupt-shard"]
        truth.onset = nil
        return truth
    }
}
