/// modded-nanogpt's loader of January to July 2025: one position for all ranks, and a shard left when the next micro-step
/// would not leave a token to spare.
///
/// A micro-step of N = W·B·T tokens starts at position p while p + N + 1 < L, so that a shard yields (L − 2) / N of them.
/// Files are used once: the run ends with the last.
/// Source: modded-nanogpt `train_gpt.py` at 587b45fb; reference `loaders.md` 4a.
public struct ModdedLoader: Loader {
    public static let ids = ["modded-nanogpt"]
    public static let summary = "shards in order, (L − 2) / N micro-steps from each on every rank; shard tails dropped"

    public let shards: [ShardLayout]
    public let geometry: BatchGeometry
    private let cumulative: [Int]

    /// Creates the loader.
    public init(shards: [ShardLayout], geometry: BatchGeometry) throws(DataOrderError) {
        try validate(shards)
        self.shards = shards
        self.geometry = geometry
        var sums = [0]
        for shard in shards {
            // The original never tests a new shard; one that is too small would feed short batches.
            guard shard.tokens > geometry.tokensPerMicroStep + 1 else {
                throw .shardTooSmall(
                    shard: shard.name,
                    tokens: shard.tokens,
                    needed: geometry.tokensPerMicroStep + 2
                )
            }
            sums.append(sums[sums.count - 1] + (shard.tokens - 2) / geometry.tokensPerMicroStep)
        }
        cumulative = sums
    }

    public func microBatches(update: Int) throws(DataOrderError) -> [MicroBatch] {
        try validate(update: update)
        let total = cumulative[shards.count]
        guard (update + 1) * geometry.accumulation <= total else {
            throw .exhausted(
                update: update,
                reason: "modded-nanogpt reads each shard once, \(total) micro-steps in all"
            )
        }
        var result: [MicroBatch] = []
        for microStep in 0..<geometry.accumulation {
            let n = update * geometry.accumulation + microStep
            let shard = position(of: n, among: shards.count) { cumulative[$0] }
            for rank in 0..<geometry.worldSize {
                let tokens = geometry.tokens(ofSample: n - cumulative[shard], rank: rank)
                let span = span(shard: shard, rank: rank, microStep: microStep, tokens: tokens)
                result.append(MicroBatch(rank: rank, microStep: microStep, spans: [span]))
            }
        }
        return result
    }

    public func updates(
        reading tokens: Range<Int>,
        ofShard shard: Int,
        limit: Int
    ) throws(DataOrderError) -> [Range<Int>] {
        let samples = geometry.samples(touching: tokens, of: cumulative[shard + 1] - cumulative[shard])
        guard !samples.isEmpty else { return [] }
        let first = (cumulative[shard] + samples.lowerBound) / geometry.accumulation
        let end = (cumulative[shard] + samples.upperBound - 1) / geometry.accumulation + 1
        let last = min(limit, end, cumulative[shards.count] / geometry.accumulation)
        return first < last ? [first..<last] : []
    }
}
