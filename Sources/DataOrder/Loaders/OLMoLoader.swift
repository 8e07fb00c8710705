/// The loaders of OLMo and OLMo-core: instances of a fixed length, shuffled anew each epoch by NumPy's PCG64 seeded with
/// seed + epoch, dealt to the ranks one by one.
///
/// Global batch s is instances order[s·N ..< (s + 1)·N] of the epoch; rank r takes every W-th from r on, and micro-steps
/// take a rank's instances in turn. OLMo cuts the order to a multiple of W, and the trainer drops the last incomplete
/// batch; OLMo-core drops it at once, which comes to the same.
/// Sources: OLMo `olmo/data/iterable_dataset.py`, `memmap_dataset.py`; reference `loaders.md` 9.
public struct OLMoLoader: SampleLoader {
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

extension LoaderRule {
    static let olmo = LoaderRule(
        id: "olmo",
        summary: "instances shuffled over the whole epoch by NumPy's PCG64, dealt to ranks one by one",
        formats: ["olmo"]
    ) { inputs throws(DataOrderError) in
        let geometry = try inputs.geometry()
        let shards = try inputs.files.tokenShards()
        return try OLMoLoader(
            shards: shards,
            geometry: geometry,
            order: OLMoLoader.Order(inputs),
            horizon: inputs.updates
        )
    }
}

extension OLMoLoader.Order {
    /// The order that the options ask for.
    fileprivate init(_ inputs: LoaderInputs) throws(DataOrderError) {
        if inputs.options.state != nil {
            self = .recorded(try Self.recorded(inputs.statePath("global_indices.npy"), inputs.files))
        } else if inputs.options.shuffle == false {
            self = .sequential
        } else if let seed = inputs.options.seed {
            self = .shuffled(seed: seed)
        } else {
            throw .missing(
                key: "order.seed",
                reason: "OLMo shuffles instances with seed + epoch; give `seed` of its configuration, or "
                    + "`order.state: global_indices.npy` of its work directory"
            )
        }
    }

    /// A raw array of 32-bit numbers, in spite of its name.
    private static func recorded(_ path: String, _ files: any LoaderFiles) throws(DataOrderError) -> [UInt32] {
        let bytes: [UInt8]
        do {
            let file = try files.open(path)
            guard file.size <= 1 << 33, file.size.isMultiple(of: 4) else {
                throw DataOrderError.invalid(
                    key: "order.state",
                    found: "\(path) with \(file.size) bytes",
                    expected: "32-bit numbers"
                )
            }
            bytes = try file.bytes(0..<file.size)
        } catch let error as DataOrderError {
            throw error
        } catch {
            throw .missing(key: "order.state", reason: "\(error)")
        }
        return bytes.withUnsafeBytes { raw in
            (0..<raw.count / 4).map {
                UInt32(littleEndian: raw.loadUnaligned(fromByteOffset: 4 * $0, as: UInt32.self))
            }
        }
    }
}
