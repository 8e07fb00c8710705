import Terms

/// A loader that is set back before every step, so that every step reads the batch of the first: llm.c's
/// `--overfit_single_batch 1`.
public struct FixedBatchLoader: Loader {
    private let base: any Loader
    private let doubt: String?

    /// Creates the loader around the one that is set back.
    /// - Parameters:
    ///   - base: The loader that is set back.
    ///   - doubt: Why it is not certain that it is set back; `nil` where it is.
    public init(_ base: any Loader, doubt: String? = nil) {
        self.base = base
        self.doubt = doubt
    }

    public var shards: [ShardLayout] { base.shards }
    public var geometry: BatchGeometry { base.geometry }

    public var readsShardsInOrder: Bool { false }

    public func microBatches(update: Int) throws(DataOrderError) -> [MicroBatch] {
        try validate(update: update)
        let batches = try base.microBatches(update: 0)
        guard let doubt, update > 0 else { return batches }
        return batches.map { $0.doubted(doubt) }
    }

    public func updates(
        reading tokens: Range<Int>,
        ofShard shard: Int,
        limit: Int
    ) throws(DataOrderError) -> [Range<Int>] {
        let isRead = try !base.updates(reading: tokens, ofShard: shard, limit: 1).isEmpty
        return isRead && limit > 0 ? [0..<limit] : []
    }
}
