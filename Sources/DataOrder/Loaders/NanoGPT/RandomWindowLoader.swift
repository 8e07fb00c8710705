import Terms

/// nanoGPT's loader: every row is a window at an offset drawn by `torch.randint` from the CPU's default generator.
///
/// Windows are drawn with replacement, so there are no epochs and no inverse in closed form. The draws can be repeated when
/// the generator's use before them is known: the model is made on the same generator, rank 0 evaluates with it, and a
/// resumed run seeds it anew.
/// Sources: nanoGPT `train.py`, `model.py`; PyTorch `aten/src/ATen/native/cpu/DistributionTemplates.h`; reference
/// `loaders.md` 1.
public struct RandomWindowLoader: Loader {
    /// What is known of the generator's use.
    public struct Generator: Sendable, Equatable {
        /// `torch.manual_seed` of rank 0; rank r adds r.
        public var seed = 1337
        /// Draws before the first batch: those that make the model; see ``draws(layers:width:vocabulary:sequence:bias:)``.
        public var drawsBefore: Int
        /// Updates between evaluations (`eval_interval`).
        public var evaluationInterval: Int
        /// Batches of each split in an evaluation (`eval_iters`).
        public var evaluationBatches: Int
        /// Tokens of the validation file.
        public var validationTokens: Int
        /// The smallest range for which PyTorch draws 64 bits an offset: 2^32, or 2^28 since early 2025.
        public var wideFrom: Int

        /// Creates a description.
        public init(
            seed: Int = 1337,
            drawsBefore: Int,
            evaluationInterval: Int,
            evaluationBatches: Int,
            validationTokens: Int,
            wideFrom: Int = 1 << 28
        ) {
            self.seed = seed
            self.drawsBefore = drawsBefore
            self.evaluationInterval = evaluationInterval
            self.evaluationBatches = evaluationBatches
            self.validationTokens = validationTokens
            self.wideFrom = wideFrom
        }

        /// The draws that make nanoGPT's model on the CPU: its layers' own initialisation, then `_init_weights`, then the
        /// residual projections once more.
        /// - Returns: `nil` when a size is not positive or the count would overflow.
        public static func draws(layers: Int, width: Int, vocabulary: Int, sequence: Int, bias: Bool) -> Int? {
            guard (1...1 << 12).contains(layers), (4...1 << 16).contains(width), (1...1 << 24).contains(vocabulary),
                (1...1 << 24).contains(sequence)
            else { return nil }
            // A normal tensor whose size is no multiple of 16 draws its last 16 values again.
            func normal(_ count: Int) -> Int { count + (count.isMultiple(of: 16) ? 0 : 16) }
            func linear(_ inputs: Int, _ outputs: Int) -> Int { inputs * outputs + (bias ? outputs : 0) }
            let attention = [(width, 3 * width), (width, width)]
            let network = [(width, 4 * width), (4 * width, width)]
            let block = (attention + network).reduce(0) { $0 + linear($1.0, $1.1) }
            let embeddings = normal(vocabulary * width) + normal(sequence * width)
            // lm_head has no bias in any configuration.
            let constructed = embeddings + layers * block + width * vocabulary
            let blockAgain = (attention + network).reduce(0) { $0 + normal($1.0 * $1.1) }
            // The head and the token embedding share one tensor, which is drawn for each of them.
            let initialised = embeddings + layers * blockAgain + normal(vocabulary * width)
            let projections = layers * (normal(width * width) + normal(4 * width * width))
            return constructed + initialised + projections
        }
    }

    public let shards: [ShardLayout]
    public let geometry: BatchGeometry
    /// How many updates are mapped.
    public let horizon: Int
    /// For each rank the offset of each row.
    private let offsets: [[Int]]

    /// Draws the offsets of the first `horizon` updates.
    /// - Complexity: O(ranks · (draws before the first batch + rows)), 8 bytes a row.
    public init(
        shard: ShardLayout,
        geometry: BatchGeometry,
        generator: Generator,
        horizon: Int
    ) throws(DataOrderError) {
        try validate([shard])
        guard shard.tokens > geometry.sequence + 1 else {
            throw .shardTooSmall(shard: shard.name, tokens: shard.tokens, needed: geometry.sequence + 2)
        }
        let (rows, overflow) = horizon.multipliedReportingOverflow(by: geometry.batch * geometry.accumulation)
        guard horizon > 0, !overflow, rows * geometry.worldSize <= 1 << 28 else {
            throw .invalid(key: "training.steps", found: "\(horizon)", expected: "at most 2^28 random windows")
        }
        guard generator.evaluationInterval > 0, (0...1 << 24).contains(generator.evaluationBatches),
            (0...1 << 40).contains(generator.drawsBefore), (0...Int(UInt32.max)).contains(generator.seed),
            generator.validationTokens > geometry.sequence
        else {
            throw .invalid(
                key: "order.evaluationInterval",
                found: "\(generator.evaluationInterval) with \(generator.evaluationBatches) batches",
                expected: "eval_interval and eval_iters of the run, and its validation file"
            )
        }
        shards = [shard]
        self.geometry = geometry
        self.horizon = horizon
        offsets = (0..<geometry.worldSize).map { rank in
            Self.draw(rank: rank, tokens: shard.tokens, geometry: geometry, generator: generator, horizon: horizon)
        }
    }

    private static func draw(
        rank: Int,
        tokens: Int,
        geometry: BatchGeometry,
        generator: Generator,
        horizon: Int
    ) -> [Int] {
        var twister = MersenneTwister(seed: UInt32(truncatingIfNeeded: generator.seed + rank))
        twister.skip(generator.drawsBefore)
        let range = tokens - geometry.sequence
        let isWide = range >= generator.wideFrom
        let isValidationWide = generator.validationTokens - geometry.sequence >= generator.wideFrom
        let evaluation =
            generator.evaluationBatches * geometry.batch * ((isWide ? 2 : 1) + (isValidationWide ? 2 : 1))
        var result: [Int] = []
        result.reserveCapacity(horizon * geometry.accumulation * geometry.batch)
        for update in 0..<horizon {
            for microStep in 0..<geometry.accumulation {
                for _ in 0..<geometry.batch {
                    let draw: UInt64 =
                        isWide ? UInt64(twister.next()) << 32 | UInt64(twister.next()) : UInt64(twister.next())
                    result.append(Int(draw % UInt64(range)))
                }
                // The first batch of an update is drawn at the end of the update before it, so before its evaluation.
                if microStep == 0, rank == 0, update.isMultiple(of: generator.evaluationInterval) {
                    twister.skip(evaluation)
                }
            }
        }
        return result
    }

    public var readsShardsInOrder: Bool { false }

    public func microBatches(update: Int) throws(DataOrderError) -> [MicroBatch] {
        guard (0..<horizon).contains(update) else { throw .stepOutOfRange(update: update, limit: horizon) }
        var result: [MicroBatch] = []
        for microStep in 0..<geometry.accumulation {
            for rank in 0..<geometry.worldSize {
                let first = (update * geometry.accumulation + microStep) * geometry.batch
                let spans = offsets[rank][first..<first + geometry.batch].map { offset in
                    span(
                        shard: 0,
                        rank: rank,
                        microStep: microStep,
                        tokens: offset..<offset + geometry.sequence + 1
                    )
                }
                result.append(
                    MicroBatch(
                        rank: rank,
                        microStep: microStep,
                        spans: spans,
                        arrangement: .rows(length: geometry.sequence + 1)
                    )
                )
            }
        }
        return result
    }

    /// - Complexity: O(rows up to the limit).
    public func updates(
        reading tokens: Range<Int>,
        ofShard shard: Int,
        limit: Int
    ) throws(DataOrderError) -> [Range<Int>] {
        let wanted = tokens.clamped(to: 0..<shards[0].tokens)
        guard !wanted.isEmpty else { return [] }
        let first = wanted.lowerBound - geometry.sequence
        let rows = geometry.batch * geometry.accumulation
        var ranges: [Range<Int>] = []
        for rank in 0..<geometry.worldSize {
            for (row, offset) in offsets[rank].enumerated() where offset >= first && offset < wanted.upperBound {
                let update = row / rows
                guard update < limit else { break }
                ranges.append(update..<update + 1)
            }
        }
        return ranges.merged()
    }
}
