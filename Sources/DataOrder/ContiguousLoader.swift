/// An ideal loader: one gap-free token stream in file order, `(step · batch · sequence) / shard size`, wrapping at the
/// end of the last shard.
///
/// Rank r of micro-step k of update s reads batch·sequence + 1 tokens from
/// s·G·W·B·T + k·W·B·T + r·B·T on; the extra token is the last target and the next reader's first input.
public struct ContiguousLoader: Loader {
    public static let ids = ["contiguous"]
    public static let summary = "one gap-free token stream in file order"

    public let shards: [ShardLayout]
    public let geometry: BatchGeometry
    /// The stream position of each shard's first token, and the total at the end.
    private let starts: [Int]

    /// Creates the loader.
    public init(shards: [ShardLayout], geometry: BatchGeometry) throws(DataOrderError) {
        try validate(shards)
        self.shards = shards
        self.geometry = geometry
        var starts = [0]
        for shard in shards { starts.append(starts[starts.count - 1] + shard.tokens) }
        self.starts = starts
        guard total > geometry.tokensPerMicroBatch else {
            throw .shardTooSmall(shard: "(all together)", tokens: total, needed: geometry.tokensPerMicroBatch + 1)
        }
    }

    private var total: Int { starts[starts.count - 1] }

    public func microBatches(update: Int) throws(DataOrderError) -> [MicroBatch] {
        try validate(update: update)
        let base = try position(update: update)
        var result: [MicroBatch] = []
        for microStep in 0..<geometry.accumulation {
            for rank in 0..<geometry.worldSize {
                let offset = microStep * geometry.tokensPerMicroStep + rank * geometry.tokensPerMicroBatch
                let spans = pieces(from: (base + offset) % total, rank: rank, microStep: microStep)
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
        let perStep = geometry.tokensPerStep
        let end = try position(unwrapped: limit)
        var ranges: [Range<Int>] = []
        var epochStart = 0
        while epochStart <= end {
            let first = epochStart + starts[shard] + wanted.lowerBound
            let last = epochStart + starts[shard] + wanted.upperBound - 1
            // Update s reads stream positions [s·N, s·N + N], the last target included.
            let firstUpdate = first > 0 ? (first - 1) / perStep : 0
            let endUpdate = min(limit, last / perStep + 1)
            if firstUpdate < endUpdate { ranges.append(firstUpdate..<endUpdate) }
            epochStart += total
        }
        return joined(ranges)
    }

    private func position(unwrapped update: Int) throws(DataOrderError) -> Int {
        let (product, overflow) = update.multipliedReportingOverflow(by: geometry.tokensPerStep)
        guard !overflow, product <= 1 << 61 else { throw .stepOutOfRange(update: update, limit: 1 << 40) }
        return product
    }

    private func position(update: Int) throws(DataOrderError) -> Int {
        try position(unwrapped: update) % total
    }

    private func pieces(from start: Int, rank: Int, microStep: Int) -> [DataSpan] {
        var spans: [DataSpan] = []
        var position = start
        var remaining = geometry.tokensPerMicroBatch + 1
        while remaining > 0 {
            let shard = shardIndex(at: position)
            let local = position - starts[shard]
            let count = min(remaining, shards[shard].tokens - local)
            spans.append(span(shard: shard, rank: rank, microStep: microStep, tokens: local..<local + count))
            remaining -= count
            position = (position + count) % total
        }
        return spans
    }

    /// The shard that holds a stream position: the last whose start is not beyond it and that is not empty.
    private func shardIndex(at position: Int) -> Int {
        var low = 0
        var high = shards.count - 1
        while low < high {
            let middle = (low + high + 1) / 2
            if starts[middle] <= position { low = middle } else { high = middle - 1 }
        }
        return low
    }
}
