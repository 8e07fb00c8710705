import Replay

/// A region of one shard overwritten with uniformly random token ids: right size, right header, wrong bytes.
struct CorruptShardFault: PlannedFault {
    let id = "corrupt-shard"
    let summary = "a region of one shard overwritten with random tokens"

    /// Steps' worth of tokens that are overwritten.
    private static let damagedSteps = 6

    func apply(to plan: inout DrillPlan, random: inout SplitMix64) -> DrillTruth {
        // In the middle of the run: enough healthy steps before it to know what is normal, and after it to recover.
        let perShard = plan.shards[0].tokens.count / plan.tokensPerStep
        let middle = plan.steps / 2 + Int.random(in: 0..<plan.steps / 8, using: &random)
        let shard = min(middle / perShard, plan.shards.count - 1)
        let length = Self.damagedSteps * plan.tokensPerStep
        let latest = plan.shards[shard].tokens.count - length - plan.tokensPerStep
        let first = min((middle % perShard) * plan.tokensPerStep + plan.tokensPerStep / 3, max(0, latest))
        let range = first..<first + length
        for index in range {
            plan.shards[shard].tokens[index] = UInt16.random(in: 0..<UInt16(plan.vocabulary), using: &random)
        }
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
        return DrillTruth(fault: id, cause: id, culprits: [culprit])
    }
}
