import DataOrder
import Terms

/// The map from the steps of a log to the bytes of its shards.
public struct DataMap: Sendable {
    /// The loader's arithmetic.
    public var loader: any Loader
    /// The value of `order.loader` that was used.
    public var loaderID: String
    /// The number printed for the first update.
    public var stepBase: Int
    /// The number of updates that the log or the configuration covers.
    public var updates: Int
    /// From which step on the log itself shows that the loader did not follow its arithmetic.
    public var doubt: Doubt?

    /// Creates a map.
    package init(loader: any Loader, loaderID: String, stepBase: Int, updates: Int, doubt: Doubt? = nil) {
        self.loader = loader
        self.loaderID = loaderID
        self.stepBase = stepBase
        self.updates = updates
        self.doubt = doubt
    }

    /// Steps whose mapping the log contradicts.
    public struct Doubt: Sendable, Equatable {
        /// The first of them, in the numbering of the log.
        public var step: Int
        /// What the log shows.
        public var reason: String

        /// Creates a doubt.
        package init(step: Int, reason: String) {
            self.step = step
            self.reason = reason
        }
    }

    /// The 0-based update that a step of the log shows.
    /// A step that no run reaches becomes −1, which no loader maps.
    public func update(ofStep step: Int) -> Int {
        let (update, overflow) = step.subtractingReportingOverflow(stepBase)
        return overflow ? -1 : update
    }

    /// The micro-batches that fed a step.
    public func microBatches(step: Int) throws(DataOrderError) -> [MicroBatch] {
        let batches = try loader.microBatches(update: update(ofStep: step))
        guard let doubt, step >= doubt.step else { return batches }
        return batches.map { $0.doubted(doubt.reason) }
    }

    /// The half-open ranges of steps, in the numbering of the log, that read any of some tokens of a shard.
    public func steps(
        reading tokens: Range<Int>,
        ofShard name: String,
        limit: Int? = nil
    ) throws(DataOrderError) -> [Range<Int>] {
        guard let shard = loader.shards.firstIndex(where: { $0.name == name }) else { return [] }
        return try loader.updates(reading: tokens, ofShard: shard, limit: limit ?? updates).map {
            $0.lowerBound + stepBase..<$0.upperBound + stepBase
        }
    }

    /// The steps of a pass over the data, the first pass being 1; `nil` where passes have no fixed length.
    public func steps(ofEpoch epoch: Int) -> Range<Int>? {
        guard epoch >= 1, let length = loader.updatesPerEpoch, length > 0, Double(epoch) * length < 0x1p40 else {
            return nil
        }
        let first = min(updates, Int((Double(epoch - 1) * length).rounded(.up)))
        let end = min(updates, Int((Double(epoch) * length).rounded(.up)))
        return stepBase + first..<stepBase + end
    }

    /// The pass over the data that a step is in, where that is known.
    public func epoch(ofStep step: Int) -> Int? {
        guard let length = loader.updatesPerEpoch, length >= 1, update(ofStep: step) >= 0 else { return nil }
        return Int(Double(update(ofStep: step)) / length) + 1
    }

    /// The first steps up to a last one that read each shard, one entry a pass over it, by step.
    public func boundaries(through lastStep: Int) -> [(step: Int, shard: String)] {
        var result: [(step: Int, shard: String)] = []
        guard loader.readsShardsInOrder else { return result }
        let limit = max(0, min(updates, update(ofStep: lastStep) + 1))
        for (index, shard) in loader.shards.enumerated() {
            let starts = (try? loader.updates(reading: 0..<shard.tokens, ofShard: index, limit: limit)) ?? []
            result += starts.map { ($0.lowerBound + stepBase, shard.name) }
        }
        return result.sorted { ($0.step, $0.shard) < ($1.step, $1.shard) }
    }
}

/// What the order stage came to.
public struct MappingOutcome: Sendable {
    /// The map; `nil` when steps cannot be mapped.
    public var map: DataMap?
    /// Why not.
    public var reason: String?
    /// What was taken from the log because the configuration does not say it, and what would change if it were wrong.
    public var assumptions: [String]
}
