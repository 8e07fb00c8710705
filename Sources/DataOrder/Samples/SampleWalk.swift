import Terms

/// A walk over the samples of one shard after another, alike on all ranks: sample i of a shard is W·B·T tokens, of which rank
/// r takes its B·T and one more.
struct SampleWalk: Sendable {
    /// Samples before each shard, and in all at the end.
    let starts: [Int]

    /// Creates the walk over shards with so many samples each.
    init(counts: [Int]) {
        var starts = [0]
        starts.reserveCapacity(counts.count + 1)
        for count in counts { starts.append(starts[starts.count - 1] + count) }
        self.starts = starts
    }

    /// The samples of one pass.
    var total: Int { starts[starts.count - 1] }

    /// The micro-batches of an update; after the last shard comes the first.
    func microBatches(update: Int, of loader: some Loader) -> [MicroBatch] {
        let geometry = loader.geometry
        var result: [MicroBatch] = []
        result.reserveCapacity(geometry.accumulation * geometry.worldSize)
        for microStep in 0..<geometry.accumulation {
            let n = (update * geometry.accumulation + microStep) % total
            let shard = position(of: n, among: starts.count - 1) { starts[$0] }
            for rank in 0..<geometry.worldSize {
                let tokens = geometry.tokens(ofSample: n - starts[shard], rank: rank)
                let span = loader.span(shard: shard, rank: rank, microStep: microStep, tokens: tokens)
                result.append(MicroBatch(rank: rank, microStep: microStep, spans: [span]))
            }
        }
        return result
    }

    /// The updates below a limit that read any of `tokens` of a shard, in every pass.
    func updates(reading tokens: Range<Int>, ofShard shard: Int, geometry: BatchGeometry, limit: Int) -> [Range<Int>] {
        let samples = geometry.samples(touching: tokens, of: starts[shard + 1] - starts[shard])
        guard !samples.isEmpty else { return [] }
        var ranges: [Range<Int>] = []
        var base = starts[shard]
        while (base + samples.lowerBound) / geometry.accumulation < limit {
            let begin = (base + samples.lowerBound) / geometry.accumulation
            let end = min(limit, (base + samples.upperBound - 1) / geometry.accumulation + 1)
            ranges.append(begin..<end)
            base += total
        }
        return ranges.merged()
    }
}
