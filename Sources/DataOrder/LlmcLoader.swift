/// llm.c's C loader without shuffling: every rank takes (L − 1) / (W·B·T) samples from each shard, in order.
///
/// Source: llm.c `llmc/dataloader.h`; reference `loaders.md` 3.
public struct LlmcLoader: Loader {
    public static let ids = ["llm.c"]
    public static let summary = "shards in order, the same number of samples on every rank; shard tails dropped"

    public let shards: [ShardLayout]
    public let geometry: BatchGeometry
    private let cumulative: [Int]

    /// Creates the loader.
    public init(shards: [ShardLayout], geometry: BatchGeometry) throws(DataOrderError) {
        self.shards = shards
        self.geometry = geometry
        var sums = [0]
        for count in try samplesPerShard(shards, geometry) { sums.append(sums[sums.count - 1] + count) }
        cumulative = sums
    }

    public var updatesPerEpoch: Double? { Double(cumulative[shards.count]) / Double(geometry.accumulation) }

    public func microBatches(update: Int) throws(DataOrderError) -> [MicroBatch] {
        try validate(update: update)
        var result: [MicroBatch] = []
        for microStep in 0..<geometry.accumulation {
            let n = (update * geometry.accumulation + microStep) % cumulative[cumulative.count - 1]
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
        var ranges: [Range<Int>] = []
        var base = cumulative[shard]
        while (base + samples.lowerBound) / geometry.accumulation < limit {
            let begin = (base + samples.lowerBound) / geometry.accumulation
            let end = min(limit, (base + samples.upperBound - 1) / geometry.accumulation + 1)
            ranges.append(begin..<end)
            base += cumulative[cumulative.count - 1]
        }
        return joined(ranges)
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
