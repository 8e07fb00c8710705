import Replay

/// A healthy run over two domains, well shuffled: some batches are harder than others.
struct HealthyMixedData: PlannedFault {
    let id = "none-mixed"
    let summary = "a healthy run over two domains, shuffled"

    func apply(to plan: inout DrillPlan, random: inout SplitMix64) -> DrillTruth {
        var text = DrillText(seed: plan.seed &+ 79, domain: .ledgers)
        for shard in plan.shards.indices {
            var tokens = plan.shards[shard].pristine
            let other = text.tokens(tokens.count)
            for start in stride(from: 0, to: tokens.count - 160, by: 160)
            where Int.random(in: 0..<5, using: &random) == 0 {
                tokens.replaceSubrange(start..<start + 160, with: other[start..<start + 160])
            }
            plan.shards[shard] = DrillShard(name: plan.shards[shard].name, pristine: tokens)
        }
        return DrillTruth(fault: id)
    }
}
