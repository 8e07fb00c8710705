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

    /// Creates the loader.
    /// - Parameter restarts: The updates with which a new process began.
    public init(_ base: any Loader, restarts: [Int]) {
        self.base = base
        self.restarts = [0] + Set(restarts.filter { $0 > 0 }).sorted()
    }

    public var shards: [ShardLayout] { base.shards }
    public var geometry: BatchGeometry { base.geometry }

    public func geometry(ofUpdate update: Int) -> BatchGeometry { base.geometry(ofUpdate: update) }

    public func microBatches(update: Int) throws(DataOrderError) -> [MicroBatch] {
        try validate(update: update)
        let process = position(of: update, among: restarts.count) { restarts[$0] }
        return try base.microBatches(update: update - restarts[process])
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
