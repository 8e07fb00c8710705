import Terms

/// The exact arithmetic of one data loader: which tokens feed which optimizer update, and the inverse.
///
/// Updates count from 0 whatever the trainer prints. Loaders are pure: shard sizes and geometry in, spans out.
public protocol Loader: Sendable {
    /// The shards in the order in which the trainer lists them.
    var shards: [ShardLayout] { get }

    /// How batches are cut, at the beginning of the run where that changes.
    var geometry: BatchGeometry { get }

    /// How the batch of an update is cut.
    func geometry(ofUpdate update: Int) -> BatchGeometry

    /// Whether shards are read one after another, so that a step can be at the boundary of one.
    var readsShardsInOrder: Bool { get }

    /// Updates of one pass over the data, where passes are of one length.
    var updatesPerEpoch: Double? { get }

    /// The micro-batches of an update: all ranks of micro-step 0, then of micro-step 1, …
    /// - Complexity: O(ranks · micro-steps · log shards).
    func microBatches(update: Int) throws(DataOrderError) -> [MicroBatch]

    /// The numbers of the samples that an update feeds, as the data set counts them; `nil` where it does not count samples.
    func sampleNumbers(update: Int) throws(DataOrderError) -> [Int]?

    /// The updates below `limit` that read any of `tokens` of a shard, as rising disjoint ranges.
    /// - Complexity: O(ranks · epochs).
    func updates(reading tokens: Range<Int>, ofShard shard: Int, limit: Int) throws(DataOrderError) -> [Range<Int>]
}

extension Loader {
    public func geometry(ofUpdate update: Int) -> BatchGeometry { geometry }

    public var readsShardsInOrder: Bool { true }

    public var updatesPerEpoch: Double? { nil }

    public func sampleNumbers(update: Int) throws(DataOrderError) -> [Int]? { nil }

    /// All spans of an update, in reading order.
    public func spans(update: Int) throws(DataOrderError) -> [DataSpan] {
        try microBatches(update: update).flatMap(\.spans)
    }

    func span(
        shard: Int,
        rank: Int,
        microStep: Int,
        tokens: Range<Int>,
        confidence: MappingConfidence = .exact,
        reason: String? = nil
    ) -> DataSpan {
        DataSpan(
            shard: shard,
            name: shards[shard].name,
            rank: rank,
            microStep: microStep,
            tokens: tokens,
            bytes: shards[shard].bytes(of: tokens),
            confidence: confidence,
            reason: reason,
            unit: shards[shard].unit
        )
    }
}

/// Checks what every loader needs: at least one shard, plausible sizes, totals within 64 bits.
func validate(_ shards: [ShardLayout]) throws(DataOrderError) {
    guard !shards.isEmpty else {
        throw .invalid(key: "shards", found: "no training shard", expected: "at least one")
    }
    var total = 0
    for shard in shards {
        guard (0...1 << 48).contains(shard.tokens), (0...1 << 32).contains(shard.headerBytes),
            (1...8).contains(shard.tokenWidth)
        else {
            throw .invalid(key: shard.name, found: "\(shard.tokens) tokens", expected: "a token shard of at most 2^48")
        }
        let (sum, overflow) = total.addingReportingOverflow(shard.tokens)
        guard !overflow, sum <= 1 << 56 else {
            throw .invalid(key: "shards", found: "more than 2^56 tokens", expected: "fewer")
        }
        total = sum
    }
}

/// Checks an update number against what 64-bit arithmetic can hold.
func validate(update: Int) throws(DataOrderError) {
    guard (0..<1 << 40).contains(update) else { throw .stepOutOfRange(update: update, limit: 1 << 40) }
}
