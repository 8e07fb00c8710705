#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Statistics of a shard's tokens, block by block: what the content rules look at. One pass, a few bytes a block.
struct TokenBlocks {
    /// Tokens a block.
    static let size = 1024

    /// A block of ``size`` tokens; the last, shorter one is left out.
    struct Block {
        /// The largest id; negative ids count as the largest.
        var maximum: UInt32
        /// The entropy of its ids, in bits.
        var entropy: Float
        /// How much more diverse the low bytes of uint16 tokens are than the high ones, in bits; 0 for other widths.
        var byteBalance: Float
    }

    private(set) var blocks: [Block] = []
    private let isTwoBytes: Bool
    private var counter = EntropyCounter()
    private var low = EntropyCounter(ids: 256)
    private var high = EntropyCounter(ids: 256)

    init(isTwoBytes: Bool) { self.isTwoBytes = isTwoBytes }

    /// Adds the next block.
    mutating func add(_ tokens: ArraySlice<Int32>) {
        guard tokens.count == Self.size else { return }
        var maximum: UInt32 = 0
        for token in tokens {
            let id = UInt32(bitPattern: token)
            maximum = max(maximum, id)
            counter.add(Int(id & 0xFFFF))
            if isTwoBytes {
                low.add(Int(id & 0xFF))
                high.add(Int(id >> 8 & 0xFF))
            }
        }
        let balance = isTwoBytes ? low.takeEntropy() - high.takeEntropy() : 0
        blocks.append(Block(maximum: maximum, entropy: counter.takeEntropy(), byteBalance: balance))
    }

    /// The largest id of a typical block: the median of the blocks' largest, which damage to less than half of the shard
    /// cannot move far.
    var typicalMaximum: Int {
        let maxima = blocks.map(\.maximum).sorted()
        return maxima.isEmpty ? 0 : Int(maxima[maxima.count / 2])
    }

    /// Runs of blocks that satisfy a condition, one block in between allowed, with at least so many that do.
    func runs(atLeast minimum: Int, where condition: (Block) -> Bool) -> [Range<Int>] {
        var result: [Range<Int>] = []
        var start: Int?
        var last = 0
        func close() {
            if let start, last + 1 - start >= minimum { result.append(start..<last + 1) }
        }
        for (index, block) in blocks.enumerated() where condition(block) {
            if start == nil || index - last > 2 {
                close()
                start = index
            }
            last = index
        }
        close()
        return result
    }
}

/// Counts ids and gives their entropy.
struct EntropyCounter {
    private var counts: [UInt16]
    private var seen: [Int] = []
    private var total = 0

    /// For ids below a power of two.
    init(ids: Int = 1 << 16) { counts = [UInt16](repeating: 0, count: ids) }

    mutating func add(_ id: Int) {
        if counts[id] == 0 { seen.append(id) }
        counts[id] &+= 1
        total += 1
    }

    /// The entropy of the ids added, in bits; forgets them.
    mutating func takeEntropy() -> Float {
        var sum: Float = 0
        for id in seen {
            sum += Self.terms[Int(counts[id])]
            counts[id] = 0
        }
        defer {
            seen.removeAll(keepingCapacity: true)
            total = 0
        }
        return total == 0 ? 0 : Self.logarithm(Float(total)) - sum / Float(total)
    }

    /// n log2 n for every count that a block can have.
    private static let terms: [Float] = (0...TokenBlocks.size).map { $0 == 0 ? 0 : Float($0) * logarithm(Float($0)) }

    private static func logarithm(_ number: Float) -> Float { log2(number) }
}
