/// llm.c's C loader with shuffling, the default for training: each rank permutes the shards and the samples inside each
/// shard with its own Mersenne Twister, seeded 42 + rank.
///
/// The shard permutation is never reset, so the permutations of the epochs compose. The order is drawn once up to the
/// horizon and kept: 8 bytes a sample and rank.
/// Source: llm.c `llmc/dataloader.h`, `llmc/rand.h`; reference `loaders.md` 3, test vectors there.
public struct LlmcShuffledLoader: Loader {
    public static let ids = ["llm.c-shuffled"]
    public static let summary = "shards and samples permuted by a Mersenne Twister per rank"

    /// One sample of one shard.
    private struct Sample {
        var shard: Int32
        var index: Int32
    }

    public let shards: [ShardLayout]
    public let geometry: BatchGeometry
    /// The number of updates that are mapped.
    public let horizon: Int
    private let order: [[Sample]]

    /// Draws the order of the first `horizon` updates.
    /// - Complexity: O(ranks · (horizon · micro-steps + samples per shard)).
    public init(shards: [ShardLayout], geometry: BatchGeometry, horizon: Int) throws(DataOrderError) {
        let counts = try samplesPerShard(shards, geometry)
        let (microSteps, overflow) = horizon.multipliedReportingOverflow(by: geometry.accumulation)
        guard horizon > 0, !overflow, microSteps <= 1 << 27, counts.allSatisfy({ $0 <= Int(Int32.max) }) else {
            throw .invalid(
                key: "training.steps",
                found: "\(horizon)",
                expected: "1 to 2^27 micro-steps of a shuffled order"
            )
        }
        self.shards = shards
        self.geometry = geometry
        self.horizon = horizon
        order = (0..<geometry.worldSize).map { rank in
            Self.draw(microSteps, seed: UInt32(truncatingIfNeeded: 42 + rank), samples: counts)
        }
    }

    private static func draw(_ count: Int, seed: UInt32, samples: [Int]) -> [Sample] {
        var generator = MersenneTwister(seed: seed)
        var shardOrder = (0..<Int32(samples.count)).map { $0 }
        var result: [Sample] = []
        result.reserveCapacity(count)
        while result.count < count {
            generator.shuffle(&shardOrder)
            for shard in shardOrder where result.count < count {
                var indices = (0..<Int32(samples[Int(shard)])).map { $0 }
                generator.shuffle(&indices)
                for index in indices.prefix(count - result.count) {
                    result.append(Sample(shard: shard, index: index))
                }
            }
        }
        return result
    }

    public func microBatches(update: Int) throws(DataOrderError) -> [MicroBatch] {
        guard (0..<horizon).contains(update) else { throw .stepOutOfRange(update: update, limit: horizon) }
        var result: [MicroBatch] = []
        for microStep in 0..<geometry.accumulation {
            for rank in 0..<geometry.worldSize {
                let sample = order[rank][update * geometry.accumulation + microStep]
                let tokens = geometry.tokens(ofSample: Int(sample.index), rank: rank)
                let span = span(shard: Int(sample.shard), rank: rank, microStep: microStep, tokens: tokens)
                result.append(MicroBatch(rank: rank, microStep: microStep, spans: [span]))
            }
        }
        return result
    }

    /// - Complexity: O(ranks · horizon): the permutations have no closed inverse.
    public func updates(
        reading tokens: Range<Int>,
        ofShard shard: Int,
        limit: Int
    ) throws(DataOrderError) -> [Range<Int>] {
        var ranges: [Range<Int>] = []
        for rank in 0..<geometry.worldSize {
            for (n, sample) in order[rank].enumerated() where Int(sample.shard) == shard {
                let update = n / geometry.accumulation
                guard update < limit else { break }
                if geometry.tokens(ofSample: Int(sample.index), rank: rank).overlaps(tokens) {
                    ranges.append(update..<update + 1)
                }
            }
        }
        return joined(ranges)
    }
}
