import Terms

/// modded-nanogpt's loader of January to July 2025: one position for all ranks, and a shard left when the next micro-step
/// would not leave a token to spare.
///
/// A micro-step of N = W·B·T tokens starts at position p while p + N + 1 < L, so that a shard yields (L − 2) / N of them.
/// Files are used once: the run ends with the last.
/// Source: modded-nanogpt `train_gpt.py` at 587b45fb; reference `loaders.md` 4a.
public struct ModdedLoader: Loader {
    public let shards: [ShardLayout]
    public let geometry: BatchGeometry
    private let walk: SampleWalk

    /// Creates the loader.
    public init(shards: [ShardLayout], geometry: BatchGeometry) throws(DataOrderError) {
        try validate(shards)
        self.shards = shards
        self.geometry = geometry
        // The original never tests a new shard; one that is too small would feed short batches.
        if let small = shards.first(where: { $0.tokens <= geometry.tokensPerMicroStep + 1 }) {
            throw .shardTooSmall(shard: small.name, tokens: small.tokens, needed: geometry.tokensPerMicroStep + 2)
        }
        walk = SampleWalk(counts: shards.map { ($0.tokens - 2) / geometry.tokensPerMicroStep })
    }

    public func microBatches(update: Int) throws(DataOrderError) -> [MicroBatch] {
        try validate(update: update)
        guard (update + 1) * geometry.accumulation <= walk.total else {
            throw .exhausted(
                update: update,
                reason: "modded-nanogpt reads each shard once, \(walk.total) micro-steps in all"
            )
        }
        return walk.microBatches(update: update, of: self)
    }

    public func updates(
        reading tokens: Range<Int>,
        ofShard shard: Int,
        limit: Int
    ) throws(DataOrderError) -> [Range<Int>] {
        // The run ends with the last whole update of the one pass.
        let limit = min(limit, walk.total / geometry.accumulation)
        return walk.updates(reading: tokens, ofShard: shard, geometry: geometry, limit: limit)
    }
}
