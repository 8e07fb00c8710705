import Terms

/// litdata's `StreamingDataset`: chunks in order or shuffled, cut into contiguous budgets for the workers of all ranks, and
/// the workers' batches taken in turn.
///
/// How budgets are counted and how a chunk's items are shuffled changed between versions. Several nodes keep the chunks of
/// the first epoch and reshuffle them within nodes from the second on.
/// Sources: litdata `streaming/shuffle.py`, `utilities/shuffle.py` at 0.2.17, 0.2.46 and 0.2.76; reference `loaders.md` 8.
public struct LitDataLoader: SampleLoader {
    /// The version whose arithmetic is followed.
    public enum Version: String, Sendable, CaseIterable {
        /// Budgets in items; items shuffled with `[seed, chunks · epoch, place]`. As of 0.2.17.
        case items = "0.2.17"
        /// Budgets in batches; items shuffled with `[seed, chunks of the worker, epoch, place]`. As of 0.2.46.
        case batches = "0.2.46"
        /// As before, items shuffled in blocks with `[seed, chunks, epoch, chunk]`. As of 0.2.76.
        case blocks = "0.2.76"
    }

    /// How the data set is read.
    public struct Options: Sendable, Equatable {
        /// The version.
        public var version = Version.blocks
        /// Whether chunks and items are shuffled.
        public var shuffle = false
        /// `seed`.
        public var seed = 42
        /// DataLoader workers of a rank.
        public var workers = 1
        /// Whether every rank is given the same number of items; litdata's default with several ranks.
        public var dropLast = false
        /// `item_shuffle_window` of the newest version; 0 permutes whole chunks.
        public var window = 256
        /// Physical nodes.
        public var nodes = 1
        /// Bytes of each chunk, where the newest version weighs them against ``cacheBytes``.
        public var chunkBytes: [Int] = []
        /// `max_cache_size`: with more bytes a node, the newest version shuffles over all nodes each epoch.
        public var cacheBytes = 100_000_000_000

        /// The defaults of the library, unshuffled.
        public init() {}
    }

    public let shards: [ShardLayout]
    public let geometry: BatchGeometry
    public let horizon: Int
    private let starts: [Int]
    private let itemLength: Int
    private let isToken: Bool
    /// For each rank the item of each row, −1 where a row has none.
    private let rows: [[Int32]]

    /// Works out the order of as many epochs as the horizon needs.
    /// - Parameters:
    ///   - shards: Chunks counted in tokens, of which each item takes sequence + 1, or in items.
    ///   - geometry: Ranks, accumulation, batch and sequence.
    ///   - options: Seed, workers and shuffling.
    ///   - horizon: How many updates from 0 on to work out.
    public init(
        shards: [ShardLayout],
        geometry: BatchGeometry,
        options: Options,
        horizon: Int
    ) throws(DataOrderError) {
        try validate(shards)
        guard (1...1 << 16).contains(options.workers), (0...Int(UInt32.max)).contains(options.seed) else {
            throw .invalid(key: "order.workers", found: "\(options.workers)", expected: "1 to 65536")
        }
        guard options.nodes >= 1, geometry.worldSize.isMultiple(of: options.nodes) else {
            throw .invalid(key: "order.nodes", found: "\(options.nodes)", expected: "a divisor of order.worldSize")
        }
        let isToken = shards.allSatisfy { $0.unit == .tokens }
        let length = isToken ? geometry.sequence + 1 : 1
        var starts = [0]
        for shard in shards { starts.append(starts[starts.count - 1] + shard.tokens / length) }
        let total = starts[shards.count]
        guard total >= geometry.batch * geometry.worldSize, total <= 1 << 30 else {
            throw .invalid(
                key: "shards",
                found: "\(total) items",
                expected: "a batch for each rank, at most 2^30 items"
            )
        }
        let (needed, overflow) = horizon.multipliedReportingOverflow(by: geometry.batch * geometry.accumulation)
        guard horizon >= 1, !overflow, needed * geometry.worldSize <= 1 << 31 else {
            throw .invalid(key: "training.steps", found: "\(horizon)", expected: "at most 2^31 rows")
        }
        self.shards = shards
        self.geometry = geometry
        self.horizon = horizon
        self.starts = starts
        self.isToken = isToken
        itemLength = length
        let plan = LitDataPlan(starts: starts, geometry: geometry, options: options)
        var rows = [[Int32]](repeating: [], count: geometry.worldSize)
        var epoch = 1
        while rows.contains(where: { $0.count < needed }) {
            let fed = plan.epoch(epoch)
            guard fed.allSatisfy({ !$0.isEmpty }) else {
                throw .invalid(key: "order.workers", found: "a rank without items", expected: "fewer ranks or workers")
            }
            for rank in rows.indices { rows[rank] += fed[rank] }
            epoch += 1
        }
        self.rows = rows
    }

    var rowLength: Int? { isToken ? itemLength : nil }

    func sample(row: Int, rank: Int) -> Int? {
        let item = rows[rank][row]
        return item < 0 ? nil : Int(item)
    }

    func parts(ofSample sample: Int) -> [(shard: Int, tokens: Range<Int>)] {
        let shard = position(of: sample, among: shards.count) { starts[$0] }
        let first = (sample - starts[shard]) * itemLength
        return [(shard, first..<first + itemLength)]
    }

    func samples(reading tokens: Range<Int>, ofShard shard: Int) -> SampleSet {
        guard !tokens.isEmpty else { return .range(0..<0) }
        let count = starts[shard + 1] - starts[shard]
        let first = min(count, tokens.lowerBound / itemLength)
        let end = min(count, (tokens.upperBound - 1) / itemLength + 1)
        return .range(starts[shard] + first..<starts[shard] + end)
    }
}

/// Who reads what in an epoch.
struct LitDataPlan {
    /// Items before each chunk, and the total at the end.
    let starts: [Int]
    let geometry: BatchGeometry
    let options: LitDataLoader.Options

    /// Items of a chunk that one worker reads.
    typealias Part = (chunk: Int, items: Range<Int>)

    /// For each rank the items it feeds, batch by batch; −1 fills up a short batch.
    func epoch(_ epoch: Int) -> [[Int32]] {
        let parts = parts(epoch)
        var result: [[Int32]] = []
        for rank in 0..<geometry.worldSize {
            var streams: [[Int32]] = []
            for worker in 0..<options.workers {
                let own = parts[rank * options.workers + worker]
                var items: [Int32] = []
                for (place, part) in own.enumerated() {
                    items += shuffled(part, place: place, of: own.count, epoch: epoch)
                }
                streams.append(items)
            }
            result.append(interleaved(streams))
        }
        return result
    }

    /// The parts of chunks that each worker of each rank reads.
    private func parts(_ epoch: Int) -> [[Part]] {
        let ranks = geometry.worldSize
        guard options.shuffle, options.nodes > 1 else { return dealt(chunkOrder(epoch), ranks: ranks) }
        let first = dealt(chunkOrder(1), ranks: ranks)
        guard epoch > 1 else { return first }
        let workersPerNode = first.count / options.nodes
        var nodes = (0..<options.nodes).map { node in
            first[node * workersPerNode..<(node + 1) * workersPerNode].flatMap { $0.map(\.chunk) }
        }
        guard options.version == .blocks else {
            // A chunk that two workers share is listed, and then read, twice.
            for node in nodes.indices {
                var generator = generator(epoch)
                generator.shuffleLikeNumPy(&nodes[node])
            }
            return dealt(nodes.flatMap { $0 }, ranks: ranks)
        }
        for node in nodes.indices {
            var seen = Set<Int>()
            nodes[node].removeAll { !seen.insert($0).inserted }
        }
        let bytes = nodes.map {
            $0.reduce(0) { $0 + (options.chunkBytes.indices.contains($1) ? options.chunkBytes[$1] : 0) }
        }
        guard (bytes.max() ?? 0) <= options.cacheBytes else { return dealt(chunkOrder(epoch), ranks: ranks) }
        return nodes.indices.flatMap { node in
            var generator = MersenneTwister(key: [options.seed, epoch, node].map { UInt32(truncatingIfNeeded: $0) })
            generator.shuffleLikeNumPy(&nodes[node])
            return dealt(nodes[node], ranks: ranks / options.nodes)
        }
    }

    private func chunkOrder(_ epoch: Int) -> [Int] {
        guard options.shuffle else { return Array(0..<starts.count - 1) }
        var generator = generator(epoch)
        return generator.permutation(starts.count - 1)
    }

    /// The generator of an epoch's chunks.
    private func generator(_ epoch: Int) -> MersenneTwister {
        if options.version == .items {
            return MersenneTwister(seed: UInt32(truncatingIfNeeded: options.seed + epoch))
        }
        return MersenneTwister(key: [UInt32(truncatingIfNeeded: options.seed), UInt32(truncatingIfNeeded: epoch)])
    }

    /// The items each worker of each rank is to read.
    private func budgets(total: Int, ranks: Int) -> [Int] {
        let (workers, batch) = (options.workers, geometry.batch)
        if options.version == .items {
            let all = ranks * workers
            var budgets = [Int](repeating: total / all, count: all)
            if options.dropLast {
                budgets = budgets.map { $0 / batch * batch }
            } else {
                budgets[all - 1] += total % all
            }
            return budgets
        }
        let perRank = total / batch / ranks
        let remainder = perRank % workers
        var budgets = (0..<ranks).flatMap { _ in
            (0..<workers).map { (perRank / workers + ($0 < remainder ? 1 : 0)) * batch }
        }
        let left = total - budgets.reduce(0, +)
        if !options.dropLast { budgets[(ranks - 1) * workers + remainder] += left }
        return budgets
    }

    /// Hands chunks, in order, to the workers until their budgets are used up; a chunk may be cut.
    private func dealt(_ chunks: [Int], ranks: Int) -> [[Part]] {
        var budgets = budgets(total: chunks.reduce(0) { $0 + starts[$1 + 1] - starts[$1] }, ranks: ranks)
        var result = [[Part]](repeating: [], count: budgets.count)
        var worker = 0
        for chunk in chunks {
            var items = starts[chunk]..<starts[chunk + 1]
            while !items.isEmpty {
                while worker < budgets.count, budgets[worker] == 0 { worker += 1 }
                guard worker < budgets.count else { return result }
                let taken = items.prefix(budgets[worker])
                result[worker].append((chunk, taken))
                budgets[worker] -= taken.count
                items = items.dropFirst(taken.count)
            }
        }
        return result
    }

    private func shuffled(_ part: Part, place: Int, of count: Int, epoch: Int) -> [Int32] {
        var items = part.items.map { Int32(truncatingIfNeeded: $0) }
        guard options.shuffle else { return items }
        let all = starts.count - 1
        let key: [Int] =
            switch options.version {
            case .items: [options.seed, count * epoch, place]
            case .batches: [options.seed, count, epoch, place]
            case .blocks: [options.seed, all, epoch, part.chunk]
            }
        var generator = MersenneTwister(key: key.map { UInt32(truncatingIfNeeded: $0) })
        guard options.version == .blocks, options.window > 1 else {
            generator.shuffleLikeNumPy(&items)
            return items
        }
        var blocks: [[Int32]] = []
        for start in stride(from: 0, to: items.count, by: options.window) {
            var block = Array(items[start..<min(items.count, start + options.window)])
            generator.shuffleLikeNumPy(&block)
            blocks.append(block)
        }
        generator.shuffleLikeNumPy(&blocks)
        return blocks.flatMap { $0 }
    }

    /// Takes a batch of each worker in turn, leaving out workers that are done.
    private func interleaved(_ streams: [[Int32]]) -> [Int32] {
        var result: [Int32] = []
        var position = 0
        while streams.contains(where: { position < $0.count }) {
            for stream in streams where position < stream.count {
                let batch = stream[position..<min(stream.count, position + geometry.batch)]
                result += batch
                result += [Int32](repeating: -1, count: geometry.batch - batch.count)
            }
            position += geometry.batch
        }
        return result
    }
}
