import Replay

/// Damage to a region of one shard in the middle of the run: right size, right header, wrong bytes.
enum DrillDamage {
    /// Overwrites the region that feeds six steps, and says which.
    static func apply(
        to plan: inout DrillPlan,
        fault: String,
        random: inout SplitMix64,
        _ damage: (_ pristine: ArraySlice<UInt16>, inout SplitMix64) -> [UInt16]
    ) -> DrillTruth {
        let length = 6 * plan.tokensPerStep
        let place = plan.place(update: plan.middle(&random))
        let latest = plan.shards[place.shard].tokens.count - length - plan.tokensPerStep
        let first = min(place.token + plan.tokensPerStep / 3, max(0, latest))
        let range = first..<first + length
        let wrong = damage(plan.shards[place.shard].pristine[range], &random)
        plan.shards[place.shard].tokens.replaceSubrange(range, with: wrong.prefix(length))
        return truth(plan, fault: fault, shard: place.shard, range: range)
    }

    /// The truth about a damaged range of tokens.
    static func truth(_ plan: DrillPlan, fault: String, shard: Int, range: Range<Int>) -> DrillTruth {
        let stream = plan.shards.prefix(shard).reduce(0) { $0 + $1.tokens.count }
        // Step s (1-based in the log) reads stream positions [(s − 1)·N, s·N], the last target included.
        let firstStep = max(0, stream + range.lowerBound - 1) / plan.tokensPerStep + 1
        let lastStep = (stream + range.upperBound - 1) / plan.tokensPerStep + 1
        let culprit = DrillTruth.Culprit(
            shard: plan.shards[shard].name,
            tokens: [range.lowerBound, range.upperBound],
            bytes: [1024 + 2 * range.lowerBound, 1024 + 2 * range.upperBound],
            steps: [firstStep, lastStep]
        )
        return DrillTruth(fault: fault, cause: "corrupt-shard", onset: firstStep, culprits: [culprit])
    }
}
