/// nanochat's loader, replayed: which documents, and which of their tokens, each row holds.
///
/// Needs the number of tokens of every document up to the last mapped update, which the tokenizer gives.
public struct NanochatLoader: Loader {
    public static let ids = ["nanochat"]
    public static let summary = "documents tokenised on the fly and packed into rows, replayed with the tokenizer"

    public let shards: [ShardLayout]
    public let geometry: BatchGeometry
    /// How many updates are mapped.
    public let horizon: Int
    /// How documents became rows.
    public let variant: NanochatVariant
    /// For each rank its documents, and where each micro-batch begins in them.
    private let documents: [[PackedDocument]]
    private let starts: [[Int]]
    /// Of rank 0, the file and row group read last when each micro-batch was done.
    private let reads: [(file: Int32, rowGroup: Int32)]

    /// Replays the packing.
    /// - Parameters:
    ///   - shards: Training files, counted in documents, with their row groups as pieces.
    ///   - geometry: Ranks, accumulation, batch and sequence.
    ///   - variant: How documents are packed into rows.
    ///   - bufferDocuments: Documents held ready for packing (`buffer_size`).
    ///   - tokenizerBatch: Documents tokenised at once (`tokenizer_batch_size`).
    ///   - processes: The processes of the run, the first of update 0.
    ///   - horizon: How many updates from 0 on to work out.
    ///   - lengths: Tokens of each document of a row group, the beginning-of-document token included.
    /// - Complexity: O(documents · buffered documents).
    public init(
        shards: [ShardLayout],
        geometry: BatchGeometry,
        variant: NanochatVariant = .bestFit,
        bufferDocuments: Int = 1000,
        tokenizerBatch: Int = 128,
        processes: [NanochatProcess] = [NanochatProcess(update: 0)],
        horizon: Int,
        lengths: @escaping (_ file: Int, _ rowGroup: Int) throws(DataOrderError) -> [Int32]
    ) throws(DataOrderError) {
        try validate(shards)
        guard shards.allSatisfy({ $0.unit == .documents && $0.tokens < Int(Int32.max) }) else {
            throw .invalid(key: "order.loader", found: "nanochat with token shards", expected: "Parquet shards")
        }
        let (micro, overflow) = horizon.multipliedReportingOverflow(by: geometry.accumulation)
        guard horizon > 0, !overflow, micro <= 1 << 26, geometry.sequence < 1 << 30 else {
            throw .invalid(key: "training.steps", found: "\(horizon)", expected: "at most 2^26 micro-steps to replay")
        }
        self.shards = shards
        self.geometry = geometry
        self.variant = variant
        self.horizon = horizon
        var documents: [[PackedDocument]] = []
        var starts: [[Int]] = []
        var reads: [(file: Int32, rowGroup: Int32)] = []
        for rank in 0..<geometry.worldSize {
            var packed: [PackedDocument] = []
            var begins = [0]
            for (index, process) in processes.enumerated() {
                let end = index + 1 < processes.count ? min(horizon, processes[index + 1].update) : horizon
                guard process.update < end else { continue }
                var packer = NanochatPacker(
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
                )
                for _ in 0..<(end - process.update) * geometry.accumulation {
                    packed += try packer.next()
                    begins.append(packed.count)
                    guard rank == 0 else { continue }
                    let (file, group) = packer.lastRead
                    reads.append((Int32(truncatingIfNeeded: file), Int32(truncatingIfNeeded: group)))
                }
            }
            documents.append(packed)
            starts.append(begins)
        }
        self.documents = documents
        self.starts = starts
        self.reads = reads
    }

    /// Holds the replay against positions that a log printed: the line of update s shows the reader after the first
    /// micro-batch of update s + 1.
    public func agreement(with positions: [NanochatPosition]) -> (compared: Int, firstDifference: Int?) {
        var compared = 0
        for position in positions {
            let micro = (position.update + 1) * geometry.accumulation
            guard reads.indices.contains(micro) else { continue }
            compared += 1
            if Int(reads[micro].file) != position.file || Int(reads[micro].rowGroup) != position.rowGroup {
                return (compared, position.update)
            }
        }
        return (compared, nil)
    }

    /// Documents that waited in the buffer make a file end long after the next has begun.
    public var readsShardsInOrder: Bool { false }

    public func microBatches(update: Int) throws(DataOrderError) -> [MicroBatch] {
        guard (0..<horizon).contains(update) else { throw .stepOutOfRange(update: update, limit: horizon) }
        var result: [MicroBatch] = []
        for microStep in 0..<geometry.accumulation {
            let n = update * geometry.accumulation + microStep
            for rank in 0..<geometry.worldSize {
                let spans = documents[rank][starts[rank][n]..<starts[rank][n + 1]].map { packed in
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

    /// - Complexity: O(documents up to the limit).
    public func updates(
        reading tokens: Range<Int>,
        ofShard shard: Int,
        limit: Int
    ) throws(DataOrderError) -> [Range<Int>] {
        var ranges: [Range<Int>] = []
        for rank in documents.indices {
            var n = 0
            for (index, packed) in documents[rank].enumerated()
            where Int(packed.file) == shard && tokens.contains(Int(packed.document)) {
                while starts[rank][n + 1] <= index { n += 1 }
                let update = n / geometry.accumulation
                guard update < limit else { break }
                ranges.append(update..<update + 1)
            }
        }
        return joined(ranges)
    }
}
