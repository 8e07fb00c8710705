import Terms

/// modded-nanogpt's loaders since July 2025, which start rows at the beginning of documents and so need the places of the
/// beginning-of-document token.
///
/// `bos-window` (July to September 2025): a window of twice the batch is searched for starts at least T tokens apart; rank r
/// reads T + 1 tokens from the r-th. `bos` (since September 2025): documents are laid end to end, each cut to a longest
/// length, until a rank has N / W + 1 tokens; what is left of its last document is skipped.
/// Sources: modded-nanogpt `train_gpt.py` at 0d200742, d149ec4a, 9d7b276e and of 2026-08; reference `loaders.md` 4b, 4c.
public struct ModdedDocumentLoader: Loader {
    /// How documents become rows.
    public enum Variant: String, Sendable, CaseIterable {
        case window = "bos-window"
        case documents = "bos"
    }

    public let shards: [ShardLayout]
    public let geometry: BatchGeometry
    /// How many updates are mapped: as many as asked for, or as the shards feed.
    public let horizon: Int
    /// Per micro-step: its shard, and the tokens of each rank in reading order.
    private let microSteps: [(shard: Int, ranks: [[Range<Int>]])]
    /// The first micro-step of each update, and the end.
    private let firstMicroStep: [Int]
    private let stages: BatchRamp

    /// Replays the loader over the document starts.
    /// - Parameters:
    ///   - shards: The training shards, in the order of the run.
    ///   - stages: How the batch size grows; the sequence may grow with it.
    ///   - variant: Which of the loaders over the months.
    ///   - longest: Tokens to which a document is cut (`train_max_seq_len`); only for `bos`.
    ///   - horizon: How many updates from 0 on to work out.
    ///   - starts: The places of the first token of documents in a shard, rising.
    public init(
        shards: [ShardLayout],
        stages: BatchRamp,
        variant: Variant,
        longest: (Int) -> Int,
        horizon: Int,
        starts: (Int) throws(DataOrderError) -> [Int]
    ) throws(DataOrderError) {
        try validate(shards)
        guard (1...1 << 24).contains(horizon) else {
            throw .invalid(key: "training.steps", found: "\(horizon)", expected: "1 to 2^24 updates to replay")
        }
        self.shards = shards
        self.stages = stages
        geometry = stages.stages[0].geometry
        var microSteps: [(shard: Int, ranks: [[Range<Int>]])] = []
        var shard = 0
        var found = try starts(0)
        var next = 0
        var position = 0
        var update = 0
        replay: while update < horizon {
            let geometry = stages.geometry(of: update)
            var window = 2 * geometry.tokensPerStep
            if variant == .window, position + window + 1 >= shards[shard].tokens {
                shard += 1
                guard shard < shards.count else { break }
                (found, position) = (try starts(shard), 0)
            }
            var microStep = 0
            while microStep < geometry.accumulation {
                switch variant {
                case .window:
                    guard let (ranks, used) = Self.rowsOfWindow(found, position..<position + window, geometry),
                        ranks.allSatisfy({ $0[0].upperBound <= shards[shard].tokens })
                    else {
                        throw .exhausted(
                            update: update,
                            reason: "too few documents in a window of \(window) tokens, where the trainer stops"
                        )
                    }
                    microSteps.append((shard, ranks))
                    position += used
                    window -= used
                    microStep += 1
                case .documents:
                    let end = shards[shard].tokens
                    if let ranks = Self.rowsOfDocuments(found, &next, end: end, geometry, longest: longest(update)) {
                        microSteps.append((shard, ranks))
                        microStep += 1
                    } else {
                        shard += 1
                        guard shard < shards.count else { break replay }
                        (found, next) = (try starts(shard), 0)
                    }
                }
            }
            update += 1
        }
        self.horizon = update
        self.microSteps = microSteps
        var first: [Int] = []
        var sum = 0
        for update in 0...update {
            first.append(sum)
            sum += stages.geometry(of: update).accumulation
        }
        firstMicroStep = first
    }

    public func geometry(ofUpdate update: Int) -> BatchGeometry { stages.geometry(of: update) }

    private static func rowsOfWindow(
        _ starts: [Int],
        _ window: Range<Int>,
        _ geometry: BatchGeometry
    ) -> ([[Range<Int>]], used: Int)? {
        var index = starts.partition(at: window.lowerBound)
        guard index < starts.count, window.contains(starts[index]) else { return nil }
        var start = starts[index]
        var rows: [[Range<Int>]] = []
        index += 1
        while index < starts.count, window.contains(starts[index]) {
            let end = starts[index]
            if end - start >= geometry.tokensPerMicroBatch {
                rows.append([start..<start + geometry.tokensPerMicroBatch + 1])
                if rows.count == geometry.worldSize { return (rows, end - window.lowerBound) }
                start = end
            }
            index += 1
        }
        return nil
    }

    /// Takes documents for all ranks; leaves `next` as it was when the shard runs out.
    private static func rowsOfDocuments(
        _ starts: [Int],
        _ next: inout Int,
        end: Int,
        _ geometry: BatchGeometry,
        longest: Int
    ) -> [[Range<Int>]]? {
        var index = next
        var ranks: [[Range<Int>]] = []
        for _ in 0..<geometry.worldSize {
            var length = 0
            var parts: [Range<Int>] = []
            while length <= geometry.tokensPerMicroBatch {
                guard index < starts.count else { return nil }
                let start = starts[index]
                index += 1
                let documentEnd = index < starts.count ? starts[index] : end
                let stop = min(documentEnd, start + longest, start + geometry.tokensPerMicroBatch - length + 1)
                parts.append(start..<max(start, stop))
                length += stop - start
            }
            ranks.append(parts)
        }
        next = index
        return ranks
    }

    public func microBatches(update: Int) throws(DataOrderError) -> [MicroBatch] {
        guard (0..<horizon).contains(update) else {
            throw .exhausted(update: update, reason: "the shards feed \(horizon) updates of those that were asked for")
        }
        var result: [MicroBatch] = []
        for (microStep, index) in (firstMicroStep[update]..<firstMicroStep[update + 1]).enumerated() {
            let (shard, ranks) = microSteps[index]
            for (rank, parts) in ranks.enumerated() {
                let spans = parts.map { span(shard: shard, rank: rank, microStep: microStep, tokens: $0) }
                result.append(MicroBatch(rank: rank, microStep: microStep, spans: spans))
            }
        }
        return result
    }

    /// - Complexity: O(micro-steps · ranks).
    public func updates(
        reading tokens: Range<Int>,
        ofShard shard: Int,
        limit: Int
    ) throws(DataOrderError) -> [Range<Int>] {
        var ranges: [Range<Int>] = []
        for update in 0..<max(0, min(limit, horizon)) {
            let reads = microSteps[firstMicroStep[update]..<firstMicroStep[update + 1]].contains { microStep in
                microStep.shard == shard && microStep.ranks.contains { $0.contains { $0.overlaps(tokens) } }
            }
            if reads { ranges.append(update..<update + 1) }
        }
        return ranges.merged()
    }
}

extension [Int] {
    /// The first index whose value is not below `value`, of rising values.
    fileprivate func partition(at value: Int) -> Int {
        var (low, high) = (0, count)
        while low < high {
            let middle = (low + high) / 2
            if self[middle] < value { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
