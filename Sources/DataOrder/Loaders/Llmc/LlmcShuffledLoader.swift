import Terms

/// llm.c's C loader with shuffling, the default for training: each rank permutes the shards and the samples inside each
/// shard with its own Mersenne Twister, seeded 42 + rank.
///
/// The shard permutation is never reset, so the permutations of the epochs compose. The order is drawn once up to the
/// horizon and kept: 8 bytes a sample and rank.
/// Source: llm.c `llmc/dataloader.h`, `llmc/rand.h`; reference `loaders.md` 3, test vectors there.
public struct LlmcShuffledLoader: Loader {
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

    /// Draws the order of the first `horizon` updates, from the seed or from states that the run saved.
    /// - Parameters:
    ///   - shards: The training shards, in the order of the run.
    ///   - geometry: Ranks, accumulation, batch and sequence.
    ///   - horizon: How many updates from 0 on to work out.
    ///   - states: One state a rank, all of the same update; from that update on they decide, before it the seed.
    /// - Complexity: O(ranks · (horizon · micro-steps + samples per shard)).
    public init(
        shards: [ShardLayout],
        geometry: BatchGeometry,
        horizon: Int,
        states: [LlmcState] = []
    ) throws(DataOrderError) {
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
        for state in states { try state.check(counts) }
        let update = states.first?.update ?? 0
        let ranks = states.sorted { $0.rank < $1.rank }
        guard states.isEmpty || ranks.map(\.rank) == Array(0..<geometry.worldSize),
            states.allSatisfy({ $0.update == update })
        else {
            throw .invalid(
                key: "order.state",
                found: "states of the ranks \(ranks.map { "\($0.rank)" }.joined(separator: ", "))",
                expected: "one state of each of the \(geometry.worldSize) ranks, all of one step"
            )
        }
        order = (0..<geometry.worldSize).map { rank in
            let drawn = Self.draw(
                states.isEmpty ? microSteps : min(microSteps, update * geometry.accumulation),
                seed: UInt32(truncatingIfNeeded: 42 + rank),
                samples: counts
            )
            return states.isEmpty
                ? drawn : drawn + Self.continued(microSteps - drawn.count, from: ranks[rank], samples: counts)
        }
    }

    private static func draw(_ count: Int, seed: UInt32, samples: [Int]) -> [Sample] {
        var generator = MersenneTwister(seed: seed)
        var shardOrder = (0..<Int32(samples.count)).map { $0 }
        var result: [Sample] = []
        result.reserveCapacity(count)
        drawEpochs(until: count, &result, &shardOrder, &generator, samples)
        return result
    }

    /// Whole epochs, beginning with a new permutation of the shards.
    private static func drawEpochs(
        until count: Int,
        _ result: inout [Sample],
        _ shardOrder: inout [Int32],
        _ generator: inout MersenneTwister,
        _ samples: [Int]
    ) {
        while result.count < count {
            generator.shuffle(&shardOrder)
            drawShards(shardOrder[...], until: count, &result, &generator, samples)
        }
    }

    private static func drawShards(
        _ shards: ArraySlice<Int32>,
        until count: Int,
        _ result: inout [Sample],
        _ generator: inout MersenneTwister,
        _ samples: [Int]
    ) {
        for shard in shards where result.count < count {
            var indices = (0..<Int32(samples[Int(shard)])).map { $0 }
            generator.shuffle(&indices)
            for index in indices.prefix(count - result.count) {
                result.append(Sample(shard: shard, index: index))
            }
        }
    }

    /// Goes on from a saved state: the rest of its shard, the rest of its epoch, then new epochs.
    private static func continued(_ count: Int, from state: LlmcState, samples: [Int]) -> [Sample] {
        guard count > 0, var generator = MersenneTwister(words: state.words, index: state.index) else { return [] }
        let shard = state.shardOrder[state.shardPlace]
        var result = state.samples.dropFirst(state.samplePlace).prefix(count).map { Sample(shard: shard, index: $0) }
        var shardOrder = state.shardOrder
        drawShards(shardOrder.dropFirst(state.shardPlace + 1), until: count, &result, &generator, samples)
        drawEpochs(until: count, &result, &shardOrder, &generator, samples)
        return result
    }

    public var updatesPerEpoch: Double? {
        let samples = shards.reduce(0) { $0 + ($1.tokens - 1) / geometry.tokensPerMicroStep }
        return Double(samples) / Double(geometry.accumulation)
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
        return ranges.merged()
    }
}

extension LoaderRule {
    static let llmcShuffled = LoaderRule(
        id: "llm.c-shuffled",
        summary: "shards and samples permuted by a Mersenne Twister per rank",
        formats: ["llm.c", "llm.c-c"],
        firstBatch: .repeatedOnRequest
    ) { inputs throws(DataOrderError) in
        let geometry = try inputs.geometry()
        let shards = try inputs.files.tokenShards()
        var states: [LlmcState] = []
        if inputs.options.state != nil {
            let path = try inputs.statePath("a state file of each rank")
            states = try LlmcStateFile.read(path, shards: shards, geometry: geometry, files: inputs.files)
        }
        return try LlmcShuffledLoader(shards: shards, geometry: geometry, horizon: inputs.updates, states: states)
    }
}
