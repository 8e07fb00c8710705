/// MosaicML Streaming's `StreamingDataset` over one stream: samples divided over canonical nodes, nodes, ranks and workers,
/// shuffled per epoch.
///
/// The order is fixed by seeds and counts alone, so that a run that resumes goes on in it. Sampling weights, several streams
/// and stratified batching are not reproduced.
/// Sources: mosaicml-streaming 0.13 `streaming/base/partition/orig.py`; reference `loaders.md` 7.
public struct MosaicLoader: SampleLoader {
    public static let ids = ["mosaicml"]
    public static let summary = "samples divided over nodes, ranks and workers, shuffled by NumPy's PCG64"

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

        /// The defaults of the library, unshuffled.
        public init() {}
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
        self.shards = shards
        self.geometry = geometry
        self.horizon = horizon
        var starts = [0]
        for size in sizes { starts.append(starts[starts.count - 1] + size) }
        self.starts = starts
        let block = options.blockSize ?? max(4_000_000 / canonical, 1 << 18)
        let (rowsNeeded, overflow) = horizon.multipliedReportingOverflow(by: geometry.batch * geometry.accumulation)
        guard horizon >= 1, !overflow, rowsNeeded * geometry.worldSize <= 1 << 31 else {
            throw .invalid(
                key: "training.steps",
                found: "\(horizon)",
                expected: "at most 2^31 rows of a shuffled order"
            )
        }
        var rows = [[Int32]](repeating: [], count: geometry.worldSize)
        var epoch = 0
        while rows.contains(where: { $0.count < rowsNeeded }) {
            let order = options.shuffle?.order(
                sizes: sizes,
                canonicalNodes: canonical,
                seed: UInt64(options.seed),
                epoch: epoch,
                blockSize: block
            )
            let dealt = Self.deal(
                total: total,
                canonical: canonical,
                nodes: nodes,
                geometry: geometry,
                workers: options.workers
            )
            for rank in rows.indices {
                rows[rank] += dealt[rank].map { $0 < 0 ? -1 : Int32(truncatingIfNeeded: order?[$0] ?? $0) }
            }
            epoch += 1
        }
        self.rows = rows
    }

    /// The places of an epoch that each rank feeds, batch by batch of its workers in turn; −1 fills up short batches.
    private static func deal(
        total: Int,
        canonical: Int,
        nodes: Int,
        geometry: BatchGeometry,
        workers: Int
    ) -> [[Int]] {
        let ranksPerNode = geometry.worldSize / nodes
        let perCanonical = (total + canonical - 1) / canonical
        // Canonical nodes are shared by several nodes only after padding to a multiple.
        let ratio = canonical < nodes ? nodes / canonical : 1
        let padding = (ratio - perCanonical % ratio) % ratio
        // Row c of the matrix holds the samples of canonical node c, a short row its last sample twice.
        var columns: [[Int]] = (0..<canonical).map { node in
            let begin = total * node / canonical
            let end = total * (node + 1) / canonical
            var row = Array(begin..<begin + perCanonical)
            if end - begin < perCanonical { row[perCanonical - 1] -= 1 }
            return row
        }
        if padding > 0 {
            // The original takes them from here, counted from the end of the row that is already padded.
            let width = perCanonical + padding
            let from = width - 2 * padding - ratio + 1
            for node in columns.indices {
                for extra in 0..<padding {
                    columns[node].append(columns[node][max(0, min(from + extra, perCanonical - 1))])
                }
            }
        }
        let width = columns[0].count
        // Read column by column, dealt to the nodes in turn.
        var perNode = [[Int]](repeating: [], count: nodes)
        var place = 0
        for column in 0..<width {
            for node in 0..<canonical {
                perNode[place % nodes].append(columns[node][column])
                place += 1
            }
        }
        var result: [[Int]] = []
        for node in 0..<nodes {
            var samples = perNode[node]
            let overflow = samples.count % ranksPerNode
            if overflow > 0 {
                let missing = ranksPerNode - overflow
                if ranksPerNode + missing - 1 <= samples.count {
                    let from = samples.count - ranksPerNode - missing + 1
                    samples += samples[from..<from + missing]
                } else {
                    samples += (0..<missing).map { samples[$0 % samples.count] }
                }
            }
            for rank in 0..<ranksPerNode {
                var own = stride(from: rank, to: samples.count, by: ranksPerNode).map { samples[$0] }
                let round = workers * geometry.batch
                let rounded = (own.count + round - 1) / round * round
                own += [Int](repeating: -1, count: rounded - own.count)
                // Batches of only padding never leave their worker.
                var fed: [Int] = []
                for start in stride(from: 0, to: own.count, by: geometry.batch) where own[start] >= 0 {
                    fed += own[start..<start + geometry.batch]
                }
                result.append(fed)
            }
        }
        return result
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
