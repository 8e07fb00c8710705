import Terms

/// The loader of build-nanogpt and of llm.c's Python trainers: every rank walks the shards in order, striding by
/// W·B·T from its own offset r·B·T, and leaves a shard when fewer than W·B·T + 1 tokens would remain *for that rank*.
///
/// The tail of every shard is dropped, and ranks drift apart because the test includes the rank's offset. Rank r takes
/// max(1, (L − 1 − r·B·T) / (W·B·T)) batches from a shard of L tokens.
/// Source: build-nanogpt `DataLoaderLite`, llm.c `train_gpt2.py` `DistributedDataLoader`; reference `loaders.md` 2.
public struct StripedLoader: Loader {
    public let shards: [ShardLayout]
    public let geometry: BatchGeometry
    /// Per rank: batches taken from all shards before each shard, and the batches of a whole pass at the end.
    private let cumulative: [[Int]]

    /// Creates the loader.
    /// - Parameters:
    ///   - shards: The training shards, in the order of the run.
    ///   - geometry: Ranks, accumulation, batch and sequence.
    ///   - spareTokens: Tokens that must be left besides, to stay in a shard: 1 in modded-nanogpt of December 2024.
    public init(
        shards: [ShardLayout],
        geometry: BatchGeometry,
        spareTokens: Int = 0
    ) throws(DataOrderError) {
        try validate(shards)
        self.shards = shards
        self.geometry = geometry
        let stride = geometry.tokensPerMicroStep
        var cumulative: [[Int]] = []
        for rank in 0..<geometry.worldSize {
            let offset = rank * geometry.tokensPerMicroBatch
            var sums = [0]
            for shard in shards {
                guard shard.tokens > offset + geometry.tokensPerMicroBatch else {
                    let needed = stride + 1
                    throw .shardTooSmall(shard: shard.name, tokens: shard.tokens, needed: needed)
                }
                sums.append(sums[sums.count - 1] + max(1, (shard.tokens - 1 - spareTokens - offset) / stride))
            }
            cumulative.append(sums)
        }
        self.cumulative = cumulative
    }

    /// The shard and the tokens that micro-step `n` (counted over the whole run) of a rank reads.
    private func batch(_ n: Int, rank: Int) -> (shard: Int, tokens: Range<Int>) {
        let sums = cumulative[rank]
        let n = n % sums[sums.count - 1]
        let shard = position(of: n, among: shards.count) { sums[$0] }
        let index = n - sums[shard]
        let start = index * geometry.tokensPerMicroStep + rank * geometry.tokensPerMicroBatch
        return (shard, start..<start + geometry.tokensPerMicroBatch + 1)
    }

    /// Of rank 0, since ranks drift apart.
    public var updatesPerEpoch: Double? { Double(cumulative[0][shards.count]) / Double(geometry.accumulation) }

    public func updates(
        reading tokens: Range<Int>,
        ofShard shard: Int,
        limit: Int
    ) throws(DataOrderError) -> [Range<Int>] {
        let tokens = tokens.clamped(to: 0..<shards[shard].tokens)
        var ranges: [Range<Int>] = []
        let stride = geometry.tokensPerMicroStep
        for rank in 0..<geometry.worldSize where !tokens.isEmpty {
            let sums = cumulative[rank]
            let count = sums[shard + 1] - sums[shard]
            let offset = rank * geometry.tokensPerMicroBatch
            // Batch i reads [i·stride + offset, i·stride + offset + B·T].
            let first = tokens.lowerBound - offset - geometry.tokensPerMicroBatch
            let lower = first > 0 ? (first + stride - 1) / stride : 0
            let last = tokens.upperBound - 1 - offset
            let upper = last < 0 ? 0 : min(count, last / stride + 1)
            guard lower < upper else { continue }
            let cycle = sums[sums.count - 1]
            var base = sums[shard]
            while (base + lower) / geometry.accumulation < limit {
                let begin = (base + lower) / geometry.accumulation
                let end = min(limit, (base + upper - 1) / geometry.accumulation + 1)
                ranges.append(begin..<end)
                base += cycle
            }
        }
        return ranges.merged()
    }

    public func microBatches(update: Int) throws(DataOrderError) -> [MicroBatch] {
        try validate(update: update)
        var result: [MicroBatch] = []
        for microStep in 0..<geometry.accumulation {
            for rank in 0..<geometry.worldSize {
                let read = batch(update * geometry.accumulation + microStep, rank: rank)
                let span = span(shard: read.shard, rank: rank, microStep: microStep, tokens: read.tokens)
                result.append(MicroBatch(rank: rank, microStep: microStep, spans: [span]))
            }
        }
        return result
    }
}

extension LoaderRule {
    static let llmcPython = striped("llm.c-python", formats: ["llm.c-python"], firstBatch: .repeatedByDefault)
    static let buildNanoGPT = striped("build-nanogpt", formats: ["build-nanogpt", "build-nanogpt-log"])

    private static func striped(
        _ id: String,
        formats: [String],
        firstBatch: FirstBatch = .onlyOnce
    ) -> LoaderRule {
        LoaderRule(
            id: id,
            summary: "shards in order, striped over ranks that drift apart; shard tails dropped",
            formats: formats,
            // These trainers save no position.
            resume: .startsOver,
            firstBatch: firstBatch
        ) { inputs throws(DataOrderError) in
            let geometry = try inputs.geometry()
            return try StripedLoader(shards: inputs.files.tokenShards(), geometry: geometry)
        }
    }
}
