import Replay

/// A document unlike all others, which belongs to the data set: a table of numbers.
struct OutlierBatchFault: PlannedFault {
    let id = "outlier-batch"
    let summary = "one document of the data set is unlike all others"

    func apply(to plan: inout DrillPlan, random: inout SplitMix64) -> DrillTruth {
        let place = plan.place(update: plan.middle(&random))
        let odd = (0..<2 * plan.tokensPerStep).map { _ in UInt16.random(in: 33..<127, using: &random) }
        let first = min(place.token, plan.shards[place.shard].tokens.count - odd.count - plan.tokensPerStep)
        plan.shards[place.shard].insert(odd, at: first)
        let step = DrillDamage.truth(plan, fault: id, shard: place.shard, range: first..<first + odd.count).onset
        return DrillTruth(fault: id, cause: "outlier-batch", onset: step)
    }
}
