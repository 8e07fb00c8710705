import Terms

/// MosaicML Streaming's `StreamingDataset`: samples drawn from one or several streams, divided over canonical nodes, nodes,
/// ranks and workers, shuffled per epoch.
///
/// The order is fixed by seeds and counts alone, so that a run that resumes on as many nodes goes on in it.
/// Sources: mosaicml-streaming 0.13 `streaming/base/dataset.py`, `partition/`, `batching/`; reference `loaders.md` 7.
public struct MosaicLoader: SampleLoader {
    /// How the data set is read.
    public struct Options: Sendable, Equatable {
        /// The shuffle; `nil` for none.
        public var shuffle: MosaicShuffle?
        /// `shuffle_seed`.
        public var seed = 9176
        /// Physical nodes.
        public var nodes = 1
        /// `num_canonical_nodes`; by default the physical nodes, and 64 times as many for `py1s` and `py2s`.
        public var canonicalNodes: Int?
        /// `shuffle_block_size`; by default max(4 000 000 / canonical nodes, 262 144).
        public var blockSize: Int?
        /// DataLoader workers of a rank.
        public var workers = 1
        /// The streams, whose shards lie one after another; none for a single one of all shards.
        public var streams: [MosaicStream] = []
        /// `epoch_size`; by default what the streams hold, or by their weights.
        public var epochSize: Int?
        /// `batching_method`.
        public var batching = Batching.random
        /// `sampling_method`: whether each epoch draws other samples.
        public var isBalanced = true
        /// `sampling_granularity`.
        public var granularity = 1

        /// The defaults of the library, unshuffled.
        public init() {}
    }

    /// How the samples of several streams become batches.
    public enum Batching: String, Sendable, CaseIterable {
        /// Any samples in any batch (the default).
        case random
        /// Every batch has the same share of each stream.
        case stratified
        /// A batch of all ranks is of one stream.
        case perStream = "per-stream"
        /// A batch of one rank is of one stream.
        case devicePerStream = "device-per-stream"
    }

    public let shards: [ShardLayout]
    public let geometry: BatchGeometry
    public let horizon: Int
    private let starts: [Int]
    private let isToken: Bool
    /// For each rank the sample of each row, −1 where a row has none.
    private let rows: [[Int32]]

    /// Works out the order of as many epochs as the horizon needs.
    /// - Parameters:
    ///   - shards: Shards counted in samples, or in tokens when each sample holds sequence + 1 of them.
    ///   - geometry: Ranks, accumulation, batch and sequence.
    ///   - options: Seed, nodes, canonical nodes, workers and the shuffle.
    ///   - horizon: How many updates from 0 on to work out.
    public init(
        shards: [ShardLayout],
        geometry: BatchGeometry,
        options: Options,
        horizon: Int
    ) throws(DataOrderError) {
        try validate(shards)
        let nodes = options.nodes
        guard nodes >= 1, geometry.worldSize.isMultiple(of: nodes) else {
            throw .invalid(key: "order.nodes", found: "\(nodes)", expected: "a divisor of order.worldSize")
        }
        let isScattered = options.shuffle == .py1s || options.shuffle == .py2s
        let canonical = options.canonicalNodes ?? (isScattered ? 64 * nodes : nodes)
        guard canonical >= 1, canonical.isMultiple(of: nodes) || nodes.isMultiple(of: canonical) else {
            throw .invalid(
                key: "order.canonicalNodes",
                found: "\(canonical)",
                expected: "a multiple or divisor of nodes"
            )
        }
        guard (1...1 << 16).contains(options.workers), (0...Int(UInt32.max)).contains(options.seed) else {
            throw .invalid(key: "order.workers", found: "\(options.workers)", expected: "1 to 65536")
        }
        let isToken = shards.allSatisfy { $0.unit == .tokens }
        self.isToken = isToken
        let sizes = shards.map { isToken ? $0.tokens / (geometry.sequence + 1) : $0.tokens }
        let total = sizes.reduce(0, +)
        guard total > canonical, total <= 1 << 30 else {
            throw .invalid(
                key: "shards",
                found: "\(total) samples",
                expected: "more than the \(canonical) canonical nodes, at most 2^30"
            )
        }
        guard options.granularity >= 1 else {
            throw .invalid(key: "order.granularity", found: "\(options.granularity)", expected: "at least 1")
        }
        let streams = options.streams.isEmpty ? [MosaicStream(shards: shards.indices)] : options.streams
        let covered = streams.allSatisfy { !$0.shards.isEmpty && shards.indices.contains($0.shards.upperBound - 1) }
        guard covered, streams.allSatisfy({ $0.shards.lowerBound >= 0 }) else {
            throw .invalid(key: "order.streams", found: "a stream without shards", expected: "at least one shard each")
        }
        self.shards = shards
        self.geometry = geometry
        self.horizon = horizon
        var starts = [0]
        for size in sizes { starts.append(starts[starts.count - 1] + size) }
        self.starts = starts
        let (rowsNeeded, overflow) = horizon.multipliedReportingOverflow(by: geometry.batch * geometry.accumulation)
        guard horizon >= 1, !overflow, rowsNeeded <= 1 << 31, rowsNeeded * geometry.worldSize <= 1 << 31 else {
            throw .invalid(
                key: "training.steps",
                found: "\(horizon)",
                expected: "at most 2^31 rows of a shuffled order"
            )
        }
        let plan = MosaicPlan(
            sampling: try MosaicSampling(sizes: sizes, streams: streams, options: options),
            options: options,
            geometry: geometry,
            canonical: canonical,
            block: options.blockSize ?? max(4_000_000 / canonical, 1 << 18)
        )
        var rows = [[Int32]](repeating: [], count: geometry.worldSize)
        var epoch = 0
        while rows.contains(where: { $0.count < rowsNeeded }) {
            let fed = try plan.epoch(epoch)
            for rank in rows.indices { rows[rank] += fed[rank] }
            epoch += 1
        }
        self.rows = rows
    }

    var rowLength: Int? { isToken ? geometry.sequence + 1 : nil }

    func sample(row: Int, rank: Int) -> Int? {
        let sample = rows[rank][row]
        return sample < 0 ? nil : Int(sample)
    }

    func parts(ofSample sample: Int) -> [(shard: Int, tokens: Range<Int>)] {
        let shard = position(of: sample, among: shards.count) { starts[$0] }
        let local = sample - starts[shard]
        let length = isToken ? geometry.sequence + 1 : 1
        return [(shard, local * length..<(local + 1) * length)]
    }

    func samples(reading tokens: Range<Int>, ofShard shard: Int) -> SampleSet {
        guard !tokens.isEmpty else { return .range(0..<0) }
        let length = isToken ? geometry.sequence + 1 : 1
        let count = starts[shard + 1] - starts[shard]
        let first = min(count, tokens.lowerBound / length)
        let end = min(count, (tokens.upperBound - 1) / length + 1)
        return .range(starts[shard] + first..<starts[shard] + end)
    }
}
