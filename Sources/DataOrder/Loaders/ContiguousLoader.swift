import Terms

/// An ideal loader: one gap-free token stream in file order, `(step · batch · sequence) / shard size`, wrapping at the
/// end of the last shard.
///
/// Rank r of micro-step k of update s reads batch·sequence + 1 tokens from
/// s·G·W·B·T + k·W·B·T + r·B·T on; the extra token is the last target and the next reader's first input. Where the batch
/// size grows during the run, s·G·W·B·T becomes the sum over the updates before.
public struct ContiguousLoader: Loader {
    public let shards: [ShardLayout]
    public var geometry: BatchGeometry { ramp.stages[0].geometry }
    /// How the batch size grows.
    public let ramp: BatchRamp
    /// The stream position of each shard's first token, and the total at the end.
    private let starts: [Int]

    /// Creates the loader.
    public init(shards: [ShardLayout], geometry: BatchGeometry) throws(DataOrderError) {
        try self.init(shards: shards, ramp: BatchRamp(geometry))
    }

    /// Creates the loader of a run whose batch size grows.
    public init(shards: [ShardLayout], ramp: BatchRamp) throws(DataOrderError) {
        try validate(shards)
        self.shards = shards
        self.ramp = ramp
        var starts = [0]
        starts.reserveCapacity(shards.count + 1)
        for shard in shards { starts.append(starts[starts.count - 1] + shard.tokens) }
        self.starts = starts
        for stage in ramp.stages where total <= stage.geometry.tokensPerMicroBatch {
            let needed = stage.geometry.tokensPerMicroBatch + 1
            throw .shardTooSmall(shard: "(all together)", tokens: total, needed: needed)
        }
    }

    private var total: Int { starts[starts.count - 1] }

    public func geometry(ofUpdate update: Int) -> BatchGeometry { ramp.geometry(of: update) }

    public var updatesPerEpoch: Double? {
        ramp.stages.count == 1 ? Double(total) / Double(geometry.tokensPerStep) : nil
    }

    public func microBatches(update: Int) throws(DataOrderError) -> [MicroBatch] {
        try validate(update: update)
        let base = try ramp.firstToken(of: update) % total
        let geometry = ramp.geometry(of: update)
        var result: [MicroBatch] = []
        result.reserveCapacity(geometry.accumulation * geometry.worldSize)
        for microStep in 0..<geometry.accumulation {
            for rank in 0..<geometry.worldSize {
                let offset = microStep * geometry.tokensPerMicroStep + rank * geometry.tokensPerMicroBatch
                let count = geometry.tokensPerMicroBatch + 1
                let spans = pieces(from: (base + offset) % total, count: count, rank: rank, microStep: microStep)
                result.append(MicroBatch(rank: rank, microStep: microStep, spans: spans))
            }
        }
        return result
    }

    public func updates(
        reading tokens: Range<Int>,
        ofShard shard: Int,
        limit: Int
    ) throws(DataOrderError) -> [Range<Int>] {
        try validate(update: max(0, limit - 1))
        let wanted = tokens.clamped(to: 0..<shards[shard].tokens)
        guard limit > 0, !wanted.isEmpty else { return [] }
        let end = try ramp.firstToken(of: limit)
        var ranges: [Range<Int>] = []
        var epochStart = 0
        while epochStart <= end {
            let first = epochStart + starts[shard] + wanted.lowerBound
            let last = epochStart + starts[shard] + wanted.upperBound - 1
            // An update also reads, as its last target, the first token after its inputs.
            let firstUpdate = first > 0 ? ramp.update(holding: first - 1) : 0
            let endUpdate = min(limit, ramp.update(holding: last) + 1)
            if firstUpdate < endUpdate { ranges.append(firstUpdate..<endUpdate) }
            epochStart += total
        }
        return ranges.merged()
    }

    private func pieces(from start: Int, count: Int, rank: Int, microStep: Int) -> [DataSpan] {
        var spans: [DataSpan] = []
        var position = start
        var remaining = count
        var shard = shardIndex(at: position)
        while remaining > 0 {
            let local = position - starts[shard]
            let count = min(remaining, shards[shard].tokens - local)
            if count > 0 {
                spans.append(span(shard: shard, rank: rank, microStep: microStep, tokens: local..<local + count))
            }
            remaining -= count
            position += count
            shard += 1
            if shard == shards.count { (shard, position) = (0, 0) }
        }
        return spans
    }

    /// The shard that holds a stream position: the last whose start is not beyond it and that is not empty.
    private func shardIndex(at value: Int) -> Int {
        position(of: value, among: shards.count) { starts[$0] }
    }
}

extension LoaderRule {
    static let contiguous = LoaderRule(
        id: "contiguous",
        summary: "one gap-free token stream in file order",
        takesRamp: true
    ) { inputs throws(DataOrderError) in
        let ramp = try inputs.ramp()
        return try ContiguousLoader(shards: inputs.files.tokenShards(), ramp: ramp)
    }
}
