import Terms

/// Updates in a row that one process of a run did.
public struct ProcessStretch: Sendable, Equatable {
    /// The first of the updates; the stretch ends where the next begins.
    public var update: Int
    /// The update with which the process began.
    public var processStart: Int
    /// Why it is not known what the process read; `nil` where it is.
    public var doubt: String?

    /// Creates a stretch.
    public init(update: Int, processStart: Int, doubt: String? = nil) {
        self.update = update
        self.processStart = processStart
        self.doubt = doubt
    }
}

/// A run of several processes whose loader starts over with each: update u reads what update u − c of a fresh run reads,
/// c being the first update of the process that did u.
///
/// Sources: nanoGPT `train.py` (the generator is seeded anew and the data are drawn from the start), build-nanogpt and
/// llm.c's Python trainers (which save no position); reference `loaders.md` 1 and 2.
public struct ResumedLoader: Loader {
    private let base: any Loader
    private let stretches: [ProcessStretch]

    /// Creates the loader.
    /// - Parameters:
    ///   - base: The loader of one process.
    ///   - stretches: Which process did which updates, by rising update; before the first of them, a process that began with
    ///     update 0.
    public init(_ base: any Loader, stretches: [ProcessStretch]) {
        self.base = base
        let known = stretches.filter { $0.update >= 0 && (0...$0.update).contains($0.processStart) }
            .sorted { $0.update < $1.update }
        let isWhole = known.first?.update == 0
        self.stretches = (isWhole ? [] : [ProcessStretch(update: 0, processStart: 0)]) + known
    }

    public var shards: [ShardLayout] { base.shards }
    public var geometry: BatchGeometry { base.geometry }

    public func geometry(ofUpdate update: Int) -> BatchGeometry { base.geometry(ofUpdate: update) }

    public var readsShardsInOrder: Bool { base.readsShardsInOrder }

    public func microBatches(update: Int) throws(DataOrderError) -> [MicroBatch] {
        try validate(update: update)
        let stretch = stretches[position(of: update, among: stretches.count) { stretches[$0].update }]
        let batches = try base.microBatches(update: update - stretch.processStart)
        guard let doubt = stretch.doubt else { return batches }
        return batches.map { $0.doubted(doubt) }
    }

    public func updates(
        reading tokens: Range<Int>,
        ofShard shard: Int,
        limit: Int
    ) throws(DataOrderError) -> [Range<Int>] {
        var ranges: [Range<Int>] = []
        for (index, stretch) in stretches.enumerated() where stretch.update < limit {
            let end = index + 1 < stretches.count ? min(limit, stretches[index + 1].update) : limit
            let start = stretch.processStart
            ranges += try base.updates(reading: tokens, ofShard: shard, limit: end - start).map {
                ($0.lowerBound + start..<$0.upperBound + start).clamped(to: stretch.update..<end)
            }
        }
        return ranges.merged()
    }
}
