/// A stream of MosaicML's `StreamingDataset`: some of its shards, and how much of them an epoch takes.
public struct MosaicStream: Sendable, Equatable {
    /// How much is taken.
    public enum Weight: Sendable, Equatable {
        /// A share of the epoch; all streams have one or none has.
        case proportion(Double)
        /// So many times the stream.
        case repetition(Double)
        /// So many samples.
        case choose(Int)
        /// Each sample once; a share by size where the epoch has a given size.
        case unspecified
    }

    /// Its shards, in the list of all shards.
    public var shards: Range<Int>
    /// How much of it is taken.
    public var weight: Weight

    /// Creates a stream.
    public init(shards: Range<Int>, weight: Weight = .unspecified) {
        self.shards = shards
        self.weight = weight
    }
}

/// How many samples of each stream an epoch takes, and which.
///
/// Sources: mosaicml-streaming 0.13 `streaming/base/stream.py`, `sampling.py`, `dataset.py`.
struct MosaicSampling {
    /// Samples of each shard, and before each.
    let sizes: [Int]
    let starts: [Int]
    let streams: [MosaicStream]
    let seed: UInt64
    /// Whether each epoch draws anew (`sampling_method: balanced`).
    let isBalanced: Bool
    let isShuffled: Bool
    /// Samples drawn at a time from one shard.
    let granularity: Int
    /// The samples that an epoch takes of each stream.
    let taken: [Int]
    /// The share of each stream.
    let shares: [Double]

    init(
        sizes: [Int],
        streams: [MosaicStream],
        options: MosaicLoader.Options
    ) throws(DataOrderError) {
        self.sizes = sizes
        var starts = [0]
        for size in sizes { starts.append(starts[starts.count - 1] + size) }
        self.starts = starts
        self.streams = streams
        seed = UInt64(options.seed)
        isBalanced = options.isBalanced
        isShuffled = options.shuffle != nil
        granularity = options.granularity
        let counts = streams.map { starts[$0.shards.upperBound] - starts[$0.shards.lowerBound] }
        (taken, shares) = try Self.weighed(streams, counts, epochSize: options.epochSize, seed: UInt64(options.seed))
        guard taken.allSatisfy({ $0 >= 0 }), taken.reduce(0, +) <= 1 << 30, taken.reduce(0, +) > 0 else {
            throw .invalid(
                key: "order.streams",
                found: "an epoch of \(taken.prefix(8).map { "\($0)" }.joined(separator: " + ")) samples",
                expected: "1 to 2^30 samples"
            )
        }
    }

    private static func weighed(
        _ streams: [MosaicStream],
        _ counts: [Int],
        epochSize: Int?,
        seed: UInt64
    ) throws(DataOrderError) -> ([Int], [Double]) {
        func proportion(_ stream: MosaicStream) -> Double? {
            if case .proportion(let value) = stream.weight { value } else { nil }
        }
        let proportions = streams.compactMap(proportion)
        guard proportions.isEmpty || proportions.count == streams.count else {
            throw .invalid(
                key: "order.streams",
                found: "proportions for \(proportions.count) of \(streams.count) streams",
                expected: "a proportion for all streams or for none"
            )
        }
        let areUnspecified = streams.allSatisfy { $0.weight == .unspecified }
        if !proportions.isEmpty || (areUnspecified && epochSize != nil) {
            let raw = proportions.isEmpty ? counts.map(Double.init) : proportions
            let sum = numPySum(raw[...])
            guard sum > 0, sum.isFinite else {
                throw .invalid(
                    key: "order.streams",
                    found: "proportions that add up to \(sum)",
                    expected: "more than 0"
                )
            }
            let size = epochSize ?? counts.reduce(0, +)
            let shares = raw.map { $0 / sum }
            var taken = shares.map { Int(Double(size) * $0) }
            let missing = size - taken.reduce(0, +)
            var generator = PCG64(seed: seed)
            for stream in generator.choice(of: streams.count, count: min(streams.count, max(0, missing))) {
                taken[stream] += 1
            }
            return (taken, shares)
        }
        guard epochSize == nil else {
            throw .invalid(
                key: "order.epochSize",
                found: "a size with streams that repeat or choose",
                expected: "no size, or streams with proportions"
            )
        }
        let taken = zip(streams, counts).map { stream, count in
            switch stream.weight {
            case .repetition(let times): Int(min(0x1p40, times * Double(count)))
            case .choose(let chosen): chosen
            case .unspecified, .proportion: count
            }
        }
        let sum = taken.reduce(0) { $0.addingReportingOverflow($1).partialValue }
        return (taken, taken.map { Double($0) / Double(max(1, sum)) })
    }

    /// The samples of an epoch, shard by shard, and the units in which they are shuffled.
    /// - Parameter only: One stream, or `nil` for all one after another.
    func drawn(epoch: Int, only: Int? = nil) -> (units: [Int], samples: [Int32]) {
        var generator = PCG64(seed: isBalanced ? seed &+ UInt64(epoch) : seed)
        var units: [Int] = []
        var samples: [Int32] = []
        for stream in only.map({ $0..<$0 + 1 }) ?? 0..<streams.count {
            let shards = streams[stream].shards
            for (shard, chosen) in zip(shards, chosenPerShard(of: stream, epoch: epoch)) {
                let all = (starts[shard]..<starts[shard + 1]).map { Int32(truncatingIfNeeded: $0) }
                guard !all.isEmpty else { continue }
                for _ in 0..<chosen / all.count {
                    units.append(all.count)
                    samples += all
                }
                let rest = chosen % all.count
                guard rest > 0 else { continue }
                units.append(rest)
                samples += generator.choice(of: all.count, count: rest).sorted().map { all[$0] }
            }
        }
        return (units, samples)
    }

    /// The samples that an epoch takes of each shard of a stream.
    private func chosenPerShard(of stream: Int, epoch: Int) -> [Int] {
        let own = sizes[streams[stream].shards]
        let total = own.reduce(0, +)
        guard total > 0 else { return own.map { _ in 0 } }
        let (times, rest) = taken[stream].quotientAndRemainder(dividingBy: total)
        var result = own.map { $0 * times }
        guard rest > 0 else { return result }
        // Picks of so many samples of a shard, in a drawn order, until there are enough.
        var picks: [(shard: Int, count: Int)] = []
        for (shard, size) in own.enumerated() {
            for first in stride(from: 0, to: size, by: granularity) {
                picks.append((shard, min(granularity, size - first)))
            }
        }
        var generator = PCG64(seed: isShuffled && isBalanced ? seed &+ UInt64(epoch) : seed)
        var order = Array(picks.indices)
        generator.shuffle(&order)
        var missing = rest
        for index in order where missing > 0 {
            let count = min(missing, picks[index].count)
            result[picks[index].shard] += count
            missing -= count
        }
        return result
    }
}
