/// A run of several processes whose loader starts over with each: update u reads what update u − c of a fresh run reads,
/// c being the first update of its process.
///
/// build-nanogpt and llm.c's Python trainer save no position, and nanoGPT seeds its generator anew, so all of them feed the
/// beginning of the data a second time after a resume.
public struct ResumedLoader: Loader {
    public static let ids: [String] = []
    public static let summary = "starts over with each process"

    private let base: any Loader
    /// The first update of each process, rising, the first 0.
    private let restarts: [Int]

    /// From here on what is fed is not known, because the first update of a process is not.
    private let uncertainFrom: Int?

    /// Creates the loader.
    /// - Parameters:
    ///   - base: The loader of one process.
    ///   - restarts: The updates with which a new process began.
    ///   - uncertainFrom: The first update whose process began at an update that is not certain.
    public init(_ base: any Loader, restarts: [Int], uncertainFrom: Int? = nil) {
        self.base = base
        self.uncertainFrom = uncertainFrom
        self.restarts = [0] + Set(restarts.filter { $0 > 0 }).sorted()
    }

    public var shards: [ShardLayout] { base.shards }
    public var geometry: BatchGeometry { base.geometry }

    public func geometry(ofUpdate update: Int) -> BatchGeometry { base.geometry(ofUpdate: update) }

    public var readsShardsInOrder: Bool { base.readsShardsInOrder }

    public func microBatches(update: Int) throws(DataOrderError) -> [MicroBatch] {
        try validate(update: update)
        let process = position(of: update, among: restarts.count) { restarts[$0] }
        var batches = try base.microBatches(update: update - restarts[process])
        guard let uncertainFrom, update >= uncertainFrom else { return batches }
        for index in batches.indices {
            for span in batches[index].spans.indices { batches[index].spans[span].confidence = .unknown }
        }
        return batches
    }

    public func updates(
        reading tokens: Range<Int>,
        ofShard shard: Int,
        limit: Int
    ) throws(DataOrderError) -> [Range<Int>] {
        var ranges: [Range<Int>] = []
        for (index, start) in restarts.enumerated() where start < limit {
            let end = index + 1 < restarts.count ? min(limit, restarts[index + 1]) : limit
            ranges += try base.updates(reading: tokens, ofShard: shard, limit: end - start).map {
                $0.lowerBound + start..<$0.upperBound + start
            }
        }
        return joined(ranges)
    }
}
