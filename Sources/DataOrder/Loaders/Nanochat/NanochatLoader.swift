import Terms

/// nanochat's loader, replayed: which documents, and which of their tokens, each row holds.
///
/// Needs the number of tokens of every document from the beginning of the process up to the asked update, which the tokenizer
/// gives: what waits in the buffer depends on all that went before. Memory does not grow with the run.
public struct NanochatLoader: Loader {
    public let shards: [ShardLayout]
    public let geometry: BatchGeometry
    /// How many updates are mapped.
    public let horizon: Int
    /// How documents became rows.
    public let variant: NanochatVariant
    private let processes: [NanochatProcess]
    /// For each of the processes its ranks.
    private let replays: [[NanochatReplay]]

    /// Creates the loader; nothing is replayed yet.
    /// - Parameters:
    ///   - shards: Training files, counted in documents, with their row groups as pieces.
    ///   - geometry: Ranks, accumulation, batch and sequence.
    ///   - variant: How documents are packed into rows.
    ///   - bufferDocuments: Documents held ready for packing (`buffer_size`).
    ///   - tokenizerBatch: Documents tokenised at once (`tokenizer_batch_size`).
    ///   - processes: The processes of the run, the first of update 0.
    ///   - horizon: How many updates from 0 on to work out.
    ///   - positions: Where a log has the reader: the line of update s shows it after the first micro-batch of update s + 1.
    ///     A replay that comes to another place throws.
    ///   - lengths: Tokens of each document of a row group, the beginning-of-document token included.
    public init(
        shards: [ShardLayout],
        geometry: BatchGeometry,
        variant: NanochatVariant,
        bufferDocuments: Int = 1000,
        tokenizerBatch: Int = 128,
        processes: [NanochatProcess] = [NanochatProcess(update: 0)],
        horizon: Int,
        positions: [NanochatPosition] = [],
        lengths: @escaping NanochatLengths
    ) throws(DataOrderError) {
        try validate(shards)
        guard shards.allSatisfy({ $0.unit == .documents && $0.tokens < Int(Int32.max) }) else {
            throw .invalid(key: "order.loader", found: "nanochat with token shards", expected: "Parquet shards")
        }
        let (micro, overflow) = horizon.multipliedReportingOverflow(by: geometry.accumulation)
        guard horizon > 0, !overflow, micro <= 1 << 26, geometry.sequence < 1 << 30 else {
            throw .invalid(key: "training.steps", found: "\(horizon)", expected: "at most 2^26 micro-steps to replay")
        }
        guard let first = processes.first, first.update == 0,
            zip(processes, processes.dropFirst()).allSatisfy({ $0.update < $1.update }),
            processes.allSatisfy({ (0...$0.update).contains($0.start) })
        else {
            throw .invalid(
                key: "order.resume",
                found: "processes out of order",
                expected: "rising ones from update 0 on"
            )
        }
        self.shards = shards
        self.geometry = geometry
        self.variant = variant
        self.horizon = horizon
        self.processes = processes
        replays = processes.enumerated().map { index, process in
            let end = index + 1 < processes.count ? processes[index + 1].update : horizon
            // The line of a process's last update shows what it fetched ahead, which no later process read.
            let own = positions.filter { (process.update..<end).contains($0.update) }
            let places = own.map { (($0.update - process.start + 1) * geometry.accumulation + 1, $0) }
            return (0..<geometry.worldSize).map { rank in
                NanochatReplay(
                    packer: NanochatPacker(
                        variant: variant,
                        geometry: geometry,
                        bufferSize: bufferDocuments,
                        reader: NanochatReader(
                            shards: shards,
                            worldSize: geometry.worldSize,
                            rank: rank,
                            batch: tokenizerBatch,
                            resumed: process.resumed
                        ),
                        lengths: lengths
                    ),
                    positions: rank == 0 ? Dictionary(places) { $1 } : [:]
                )
            }
        }
    }

    /// Documents that waited in the buffer make a file end long after the next has begun.
    public var readsShardsInOrder: Bool { false }

    private func documents(update: Int, microStep: Int, rank: Int) throws(DataOrderError) -> [PackedDocument] {
        let index = position(of: update, among: processes.count) { processes[$0].update }
        let place = (update - processes[index].start) * geometry.accumulation + microStep
        return try replays[index][rank].microBatch(place)
    }

    public func microBatches(update: Int) throws(DataOrderError) -> [MicroBatch] {
        guard (0..<horizon).contains(update) else { throw .stepOutOfRange(update: update, limit: horizon) }
        var result: [MicroBatch] = []
        for microStep in 0..<geometry.accumulation {
            for rank in 0..<geometry.worldSize {
                let spans = try documents(update: update, microStep: microStep, rank: rank).map { packed in
                    var span = span(
                        shard: Int(packed.file),
                        rank: rank,
                        microStep: microStep,
                        tokens: Int(packed.document)..<Int(packed.document) + 1
                    )
                    span.documentTokens = Int(packed.first)..<Int(packed.end)
                    return span
                }
                let arrangement: RowArrangement = variant.isStreaming ? .stream : .rows(length: geometry.sequence + 1)
                result.append(
                    MicroBatch(rank: rank, microStep: microStep, spans: spans, arrangement: arrangement)
                )
            }
        }
        return result
    }

    /// - Complexity: A replay of all updates up to the limit.
    public func updates(
        reading tokens: Range<Int>,
        ofShard shard: Int,
        limit: Int
    ) throws(DataOrderError) -> [Range<Int>] {
        var ranges: [Range<Int>] = []
        for update in 0..<max(0, min(limit, horizon)) {
            let reads = try microBatches(update: update).contains { batch in
                batch.spans.contains { $0.shard == shard && $0.tokens.overlaps(tokens) }
            }
            if reads { ranges.append(update..<update + 1) }
        }
        return ranges.merged()
    }
}
