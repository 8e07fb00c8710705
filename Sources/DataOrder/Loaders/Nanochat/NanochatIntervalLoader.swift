import Terms

/// nanochat's loader as far as the log tells: documents lie between two positions of the reader.
///
/// The position on the line of step s is that after the first micro-batch of step s + 1 was fetched, so that the documents of
/// step s lie in the row groups from the position of step s − 2 through that of step s; a few documents too long to fit may
/// have waited in the buffer for longer. Ranks other than 0 are taken to be in the same round of row groups.
public struct NanochatIntervalLoader: Loader {
    public let shards: [ShardLayout]
    public let geometry: BatchGeometry
    private let positions: [NanochatPosition]

    private static let reason =
        "the documents lie between the reader's positions that the log prints; one too long to fit may be older"

    /// Creates the loader.
    /// - Parameters:
    ///   - shards: Training files, counted in documents, with their row groups as pieces.
    ///   - geometry: Ranks, accumulation, batch and sequence.
    ///   - positions: The printed positions, by rising update; of repeated updates the last.
    public init(
        shards: [ShardLayout],
        geometry: BatchGeometry,
        positions: [NanochatPosition]
    ) throws(DataOrderError) {
        try validate(shards)
        guard shards.allSatisfy({ $0.unit == .documents && !$0.pieces.isEmpty }) else {
            throw .invalid(key: "order.loader", found: "nanochat with token shards", expected: "Parquet shards")
        }
        guard !positions.isEmpty else {
            throw .missing(
                key: "order.tokenizer",
                reason: "the log prints no pq and rg, so only a replay of the packing can tell what a step read"
            )
        }
        for position in positions {
            guard shards.indices.contains(position.file),
                shards[position.file].pieces.indices.contains(position.rowGroup)
            else {
                throw .invalid(
                    key: "shards",
                    found: "file \(position.file), row group \(position.rowGroup) in the log",
                    expected: "one of the \(shards.count) training files; the last file of the folder is validation"
                )
            }
        }
        self.shards = shards
        self.geometry = geometry
        self.positions = positions
    }

    /// The printed position at an update, or the nearest one before or after it.
    private func index(atOrBefore update: Int) -> Int? {
        guard let first = positions.first, first.update <= update else { return nil }
        return position(of: update, among: positions.count) { positions[$0].update }
    }

    /// The row groups of an update, file by file.
    private func rowGroups(update: Int) -> [(file: Int, groups: Range<Int>)]? {
        guard let last = positions.last, update <= last.update + 1 else { return nil }
        let start = index(atOrBefore: update - 2).map { positions[$0] }
        let at = index(atOrBefore: update)
        // Where lines are missing, the next printed position bounds what was read.
        let endIndex = at.map { positions[$0].update == update ? $0 : min($0 + 1, positions.count - 1) } ?? 0
        let end = positions[endIndex]
        let from = start ?? NanochatPosition(update: 0, epoch: end.epoch, file: 0, rowGroup: 0)
        // A round of row groups is what the ranks read together.
        let world = geometry.worldSize
        let firstGroup = from.rowGroup / world * world
        var result: [(file: Int, groups: Range<Int>)] = []
        var file = from.file
        var epoch = from.epoch
        var steps = 0
        while steps <= shards.count {
            let count = shards[file].pieces.count
            let isLast = file == end.file && epoch >= end.epoch
            let begin = steps == 0 ? min(firstGroup, count - 1) : 0
            let stop = isLast ? min(count, (end.rowGroup / world + 1) * world) : count
            if begin < stop { result.append((file, begin..<stop)) }
            if isLast || epoch > end.epoch { break }
            file += 1
            if file == shards.count { (file, epoch) = (0, epoch + 1) }
            steps += 1
        }
        return result
    }

    public func microBatches(update: Int) throws(DataOrderError) -> [MicroBatch] {
        try validate(update: update)
        guard let groups = rowGroups(update: update) else {
            throw .stepOutOfRange(update: update, limit: (positions.last?.update ?? 0) + 2)
        }
        var result: [MicroBatch] = []
        for rank in 0..<geometry.worldSize {
            let spans = groups.compactMap { file, groups -> DataSpan? in
                let pieces = shards[file].pieces
                guard groups.upperBound <= pieces.count, !groups.isEmpty else { return nil }
                let documents =
                    pieces[groups.lowerBound].units.lowerBound..<pieces[groups.upperBound - 1].units.upperBound
                return span(
                    shard: file,
                    rank: rank,
                    microStep: 0,
                    tokens: documents,
                    confidence: .interval,
                    reason: Self.reason
                )
            }
            result.append(MicroBatch(rank: rank, microStep: 0, spans: spans, arrangement: .unknown))
        }
        return result
    }

    /// - Complexity: O(updates).
    public func updates(
        reading tokens: Range<Int>,
        ofShard shard: Int,
        limit: Int
    ) throws(DataOrderError) -> [Range<Int>] {
        let last = min(limit, (positions.last?.update ?? -1) + 2)
        var ranges: [Range<Int>] = []
        for update in 0..<max(0, last) {
            let reads = (rowGroups(update: update) ?? []).contains { file, groups in
                guard file == shard, !groups.isEmpty, groups.upperBound <= shards[file].pieces.count else {
                    return false
                }
                let pieces = shards[file].pieces
                let documents =
                    pieces[groups.lowerBound].units.lowerBound..<pieces[groups.upperBound - 1].units.upperBound
                return documents.overlaps(tokens)
            }
            if reads { ranges.append(update..<update + 1) }
        }
        return ranges.merged()
    }
}
