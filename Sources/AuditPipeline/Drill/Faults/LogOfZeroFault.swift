import Replay

/// A loss that takes the logarithm of probabilities flushed to zero below 2^-14, and a byte never seen before.
struct LogOfZeroFault: PlannedFault {
    let id = "log-of-zero"
    let summary = "the logarithm of a probability that was flushed to zero"

    func apply(to plan: inout DrillPlan, random: inout SplitMix64) -> DrillTruth {
        let place = plan.place(update: plan.middle(&random))
        let first = min(place.token, plan.shards[place.shard].tokens.count - 2 * plan.tokensPerStep)
        plan.shards[place.shard].insert([0xA7, 0xA7, 0xB6], at: first + plan.tokensPerStep / 2)
        plan.conduct.leastProbability = 1.0 / 16_384
        let step = DrillDamage.truth(plan, fault: id, shard: place.shard, range: first..<first + plan.tokensPerStep)
            .onset
        return DrillTruth(fault: id, cause: "log-of-zero", onset: step.map { $0 + 1 })
    }
}
