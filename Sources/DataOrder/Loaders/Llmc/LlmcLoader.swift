import Terms

/// llm.c's C loader without shuffling: every rank takes (L − 1) / (W·B·T) samples from each shard, in order.
///
/// Source: llm.c `llmc/dataloader.h`; reference `loaders.md` 3.
public struct LlmcLoader: Loader {
    public let shards: [ShardLayout]
    public let geometry: BatchGeometry
    private let walk: SampleWalk

    /// Creates the loader.
    public init(shards: [ShardLayout], geometry: BatchGeometry) throws(DataOrderError) {
        self.shards = shards
        self.geometry = geometry
        walk = SampleWalk(counts: try samplesPerShard(shards, geometry))
    }

    public var updatesPerEpoch: Double? { Double(walk.total) / Double(geometry.accumulation) }

    public func microBatches(update: Int) throws(DataOrderError) -> [MicroBatch] {
        try validate(update: update)
        return walk.microBatches(update: update, of: self)
    }

    public func updates(
        reading tokens: Range<Int>,
        ofShard shard: Int,
        limit: Int
    ) throws(DataOrderError) -> [Range<Int>] {
        walk.updates(reading: tokens, ofShard: shard, geometry: geometry, limit: limit)
    }
}

extension BatchGeometry {
    /// The tokens of sample `i` of a shard for a rank, the last target included.
    func tokens(ofSample i: Int, rank: Int) -> Range<Int> {
        let start = i * tokensPerMicroStep + rank * tokensPerMicroBatch
        return start..<start + tokensPerMicroBatch + 1
    }

    /// The samples of a shard, over all ranks together, that read any of `tokens`.
    func samples(touching tokens: Range<Int>, of count: Int) -> Range<Int> {
        guard !tokens.isEmpty, tokens.upperBound > 0 else { return 0..<0 }
        // Sample i reads [i·S, i·S + S] with S = W·B·T, the last target included.
        let first = max(0, tokens.lowerBound)
        let lower = first > 0 ? (first - 1) / tokensPerMicroStep : 0
        let upper = min(count, (tokens.upperBound - 1) / tokensPerMicroStep + 1)
        return lower < upper ? lower..<upper : 0..<0
    }
}

/// The samples each shard yields to llm.c's C loader, which refuses a shard that yields none.
func samplesPerShard(_ shards: [ShardLayout], _ geometry: BatchGeometry) throws(DataOrderError) -> [Int] {
    try validate(shards)
    var counts: [Int] = []
    for shard in shards {
        let count = (shard.tokens - 1) / geometry.tokensPerMicroStep
        guard count >= 1 else {
            throw .shardTooSmall(shard: shard.name, tokens: shard.tokens, needed: geometry.tokensPerMicroStep + 1)
        }
        counts.append(count)
    }
    return counts
}

extension LoaderRule {
    static let llmc = LoaderRule(
        id: "llm.c",
        summary: "shards in order, the same number of samples on every rank; shard tails dropped",
        firstBatch: .repeatedOnRequest
    ) { inputs throws(DataOrderError) in
        let geometry = try inputs.geometry()
        return try LlmcLoader(shards: inputs.files.tokenShards(), geometry: geometry)
    }
}
