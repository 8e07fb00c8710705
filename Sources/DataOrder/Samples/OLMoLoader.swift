/// The loaders of OLMo and OLMo-core: instances of a fixed length, shuffled anew each epoch by NumPy's PCG64 seeded with
/// seed + epoch, dealt to the ranks one by one.
///
/// Global batch s is instances order[s·N ..< (s + 1)·N] of the epoch; rank r takes every W-th from r on, and micro-steps
/// take a rank's instances in turn. OLMo cuts the order to a multiple of W, and the trainer drops the last incomplete
/// batch; OLMo-core drops it at once, which comes to the same.
/// Sources: OLMo `olmo/data/iterable_dataset.py`, `memmap_dataset.py`; reference `loaders.md` 9.
public struct OLMoLoader: SampleLoader {
    public static let ids = ["olmo"]
    public static let summary = "instances shuffled over the whole epoch by NumPy's PCG64, dealt to ranks one by one"

    /// Where the order of instances comes from.
    public enum Order: Sendable {
        /// Drawn: `Generator(PCG64(seed + epoch)).shuffle`, epochs counted from 0.
        case shuffled(seed: Int)
        /// In file order, every epoch.
        case sequential
        /// Read from `global_indices.npy`: 32-bit instance numbers of the one epoch it was written for.
        case recorded([UInt32])
    }

    public let shards: [ShardLayout]
    public let geometry: BatchGeometry
    public let horizon: Int
    private let instances: UniformSamples
    /// One order an epoch; empty for file order.
    private let epochs: [[UInt32]]
    private let updatesInEpoch: Int

    public var updatesPerEpoch: Double? { Double(updatesInEpoch) }

    /// Draws the orders of as many epochs as the horizon needs.
    /// - Complexity: O(instances · epochs), 4 bytes an instance and epoch.
    public init(
        shards: [ShardLayout],
        geometry: BatchGeometry,
        order: Order,
        horizon: Int
    ) throws(DataOrderError) {
        try validate(shards)
        self.shards = shards
        self.geometry = geometry
        instances = UniformSamples(shards: shards, length: geometry.sequence)
        var count = instances.count
        if case .recorded(let recorded) = order {
            guard let last = recorded.max(), Int(last) < instances.count else {
                throw .invalid(
                    key: "order.state",
                    found: "instance \(recorded.max() ?? 0) in the index file",
                    expected: "instances below \(instances.count), the number in the shards; check order.sequence"
                )
            }
            count = recorded.count
        }
        let rows = geometry.worldSize * geometry.batch * geometry.accumulation
        updatesInEpoch = count / rows
        guard updatesInEpoch > 0 else {
            throw .shardTooSmall(
                shard: "(all together)",
                tokens: count * geometry.sequence,
                needed: geometry.tokensPerStep
            )
        }
        let needed = max(1, (horizon + updatesInEpoch - 1) / updatesInEpoch)
        switch order {
        case .sequential:
            epochs = []
            self.horizon = horizon
        case .recorded(let recorded):
            epochs = [recorded]
            // Another epoch has another order, which this file does not hold.
            self.horizon = min(horizon, updatesInEpoch)
        case .shuffled(let seed):
            let (draws, overflow) = needed.multipliedReportingOverflow(by: instances.count)
            guard !overflow, draws <= 1 << 31, (0...Int(UInt32.max)).contains(seed) else {
                throw .invalid(
                    key: "training.steps",
                    found: "\(needed) epochs of \(instances.count) instances",
                    expected: "at most 2^31 shuffled instances; give `order.state: global_indices.npy` instead"
                )
            }
            epochs = (0..<needed).map { epoch in
                var generator = PCG64(seed: UInt64(seed + epoch))
                var order = (0..<UInt32(truncatingIfNeeded: count)).map { $0 }
                generator.shuffle(&order)
                return order
            }
            self.horizon = horizon
        }
    }

    var rowLength: Int? { geometry.sequence }

    func sample(row: Int, rank: Int) -> Int? {
        let rowsPerEpoch = updatesInEpoch * geometry.batch * geometry.accumulation
        let index = (row % rowsPerEpoch) * geometry.worldSize + rank
        return epochs.isEmpty ? index : Int(epochs[row / rowsPerEpoch][index])
    }

    func parts(ofSample sample: Int) -> [(shard: Int, tokens: Range<Int>)] { [instances.part(of: sample)] }

    func samples(reading tokens: Range<Int>, ofShard shard: Int) -> SampleSet {
        .range(instances.samples(reading: tokens, ofShard: shard))
    }
}
