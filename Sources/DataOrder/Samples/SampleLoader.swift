import Terms

/// A loader that cuts the data into samples, one a row, and feeds them in an order of its own.
///
/// Row n of a rank, counted over the whole run, is row n mod batch of micro-step (n / batch) mod accumulation of update
/// n / (batch · accumulation).
protocol SampleLoader: Loader {
    /// How many updates are mapped.
    var horizon: Int { get }

    /// The tokens of a row's spans together; `nil` where samples are not counted in tokens.
    var rowLength: Int? { get }

    /// The sample that a rank's n-th row is; `nil` for a row that repeats padding and stands for no sample.
    func sample(row: Int, rank: Int) -> Int?

    /// Where a sample lies, in reading order.
    func parts(ofSample sample: Int) -> [(shard: Int, tokens: Range<Int>)]

    /// A test for the samples that hold any of `tokens` of a shard.
    func samples(reading tokens: Range<Int>, ofShard shard: Int) -> SampleSet
}

/// A set of samples, as it follows from a range of tokens.
enum SampleSet {
    /// Consecutive samples.
    case range(Range<Int>)
    /// Any samples.
    case marked([Bool])

    func contains(_ sample: Int) -> Bool {
        switch self {
        case .range(let range): range.contains(sample)
        case .marked(let flags): flags.indices.contains(sample) && flags[sample]
        }
    }
}

extension SampleLoader {
    public var readsShardsInOrder: Bool { false }

    public func microBatches(update: Int) throws(DataOrderError) -> [MicroBatch] {
        guard (0..<horizon).contains(update) else { throw .stepOutOfRange(update: update, limit: horizon) }
        var result: [MicroBatch] = []
        for microStep in 0..<geometry.accumulation {
            for rank in 0..<geometry.worldSize {
                let first = (update * geometry.accumulation + microStep) * geometry.batch
                var spans: [DataSpan] = []
                for row in first..<first + geometry.batch {
                    guard let sample = sample(row: row, rank: rank) else { continue }
                    for part in parts(ofSample: sample) {
                        spans.append(span(shard: part.shard, rank: rank, microStep: microStep, tokens: part.tokens))
                    }
                }
                result.append(
                    MicroBatch(
                        rank: rank,
                        microStep: microStep,
                        spans: spans,
                        arrangement: rowLength.map { .rows(length: $0) } ?? .unknown
                    )
                )
            }
        }
        return result
    }

    public func sampleNumbers(update: Int) throws(DataOrderError) -> [Int]? {
        guard (0..<horizon).contains(update) else { throw .stepOutOfRange(update: update, limit: horizon) }
        let rows = geometry.accumulation * geometry.batch
        return (0..<geometry.worldSize).flatMap { rank in
            (update * rows..<(update + 1) * rows).compactMap { sample(row: $0, rank: rank) }
        }
    }

    /// - Complexity: O(rows up to the limit): a shuffled order has no closed inverse.
    public func updates(
        reading tokens: Range<Int>,
        ofShard shard: Int,
        limit: Int
    ) throws(DataOrderError) -> [Range<Int>] {
        let wanted = samples(reading: tokens.clamped(to: 0..<shards[shard].tokens), ofShard: shard)
        if case .range(let range) = wanted, range.isEmpty { return [] }
        let rows = geometry.batch * geometry.accumulation
        var ranges: [Range<Int>] = []
        for update in 0..<max(0, min(limit, horizon)) {
            search: for row in update * rows..<(update + 1) * rows {
                for rank in 0..<geometry.worldSize {
                    guard let sample = sample(row: row, rank: rank), wanted.contains(sample) else { continue }
                    ranges.append(update..<update + 1)
                    break search
                }
            }
        }
        return ranges.merged()
    }
}

/// Samples of one size, cut from each shard from its first token on; what is left of a shard is dropped.
struct UniformSamples: Sendable {
    /// Tokens of a sample.
    let length: Int
    /// Samples before each shard, and the total at the end.
    let starts: [Int]

    /// Counts the samples of each shard.
    init(shards: [ShardLayout], length: Int) {
        self.length = max(1, length)
        var starts = [0]
        starts.reserveCapacity(shards.count + 1)
        for shard in shards { starts.append(starts[starts.count - 1] + shard.tokens / max(1, length)) }
        self.starts = starts
    }

    var count: Int { starts[starts.count - 1] }

    func part(of sample: Int) -> (shard: Int, tokens: Range<Int>) {
        let shard = position(of: sample, among: starts.count - 1) { starts[$0] }
        let first = (sample - starts[shard]) * length
        return (shard, first..<first + length)
    }

    func samples(reading tokens: Range<Int>, ofShard shard: Int) -> Range<Int> {
        guard !tokens.isEmpty else { return 0..<0 }
        let count = starts[shard + 1] - starts[shard]
        let first = min(count, tokens.lowerBound / length)
        let end = min(count, (tokens.upperBound - 1) / length + 1)
        return starts[shard] + first..<starts[shard] + end
    }
}
