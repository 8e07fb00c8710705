/// The data loader's part of a `state_*.bin` file of llm.c: what one rank will read next.
///
/// Source: llm.c `train_gpt2.cu` `save_state`, `llmc/rand.h`; reference `checkpoints.md` 3.
public struct LlmcState: Sendable, Equatable {
    /// The rank that wrote it.
    public var rank: Int
    /// The updates done when it was written.
    public var update: Int
    /// The permutation of the shards of this epoch.
    public var shardOrder: [Int32]
    /// The place in ``shardOrder`` that is being read.
    public var shardPlace: Int
    /// The permutation of the samples of that shard.
    public var samples: [Int32]
    /// The place in ``samples`` that is read next.
    public var samplePlace: Int
    /// The words of the Mersenne Twister.
    public var words: [UInt32]
    /// The word that is drawn next; 624 when all are used up.
    public var index: Int

    /// Creates a state.
    public init(
        rank: Int,
        update: Int,
        shardOrder: [Int32],
        shardPlace: Int,
        samples: [Int32],
        samplePlace: Int,
        words: [UInt32],
        index: Int
    ) {
        self.rank = rank
        self.update = update
        self.shardOrder = shardOrder
        self.shardPlace = shardPlace
        self.samples = samples
        self.samplePlace = samplePlace
        self.words = words
        self.index = index
    }

    /// Checks a state against the samples that each shard holds.
    func check(_ counts: [Int]) throws(DataOrderError) {
        let isPermutation = shardOrder.sorted() == counts.indices.map { Int32(truncatingIfNeeded: $0) }
        guard isPermutation, shardOrder.indices.contains(shardPlace),
            samples.count == counts[Int(shardOrder[shardPlace])], (0...samples.count).contains(samplePlace),
            samples.sorted() == samples.indices.map({ Int32(truncatingIfNeeded: $0) }), (0..<1 << 40).contains(update),
            words.count == 624, (0...624).contains(index)
        else {
            throw .invalid(
                key: "order.state",
                found: "a state of rank \(rank) with \(shardOrder.count) shards and \(samples.count) samples",
                expected: "permutations of the \(counts.count) training shards and of a shard's samples"
            )
        }
    }
}
