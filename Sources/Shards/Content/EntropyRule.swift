import Terms

/// Blocks whose ids are as diverse as random numbers, or hardly diverse at all, in a shard whose other blocks are not.
enum EntropyRule {
    /// Blocks in a row.
    private static let blocks = 3
    /// How far on the way from the shard's own diversity to that of random ids a block must be.
    private static let share: Float = 0.8
    /// Bits between the two, below which they cannot be told apart.
    private static let gap: Float = 0.5
    /// Bits below which a block says almost nothing, in a shard whose typical block has ``typical`` or more.
    private static let silent: Float = 0.5
    private static let typical: Float = 4

    /// - Parameter excluded: Tokens that another rule has explained.
    static func defects(
        _ statistics: TokenBlocks,
        _ reader: TokenReader,
        excluded: [Range<Int>]
    ) throws(ShardError) -> [ShardDefect] {
        guard statistics.blocks.count >= 16 else { return [] }
        let sorted = statistics.blocks.map(\.entropy).sorted()
        let median = sorted[sorted.count / 2]
        let shuffled = try shuffledEntropy(reader)
        let random = randomEntropy(ids: statistics.typicalMaximum + 1)
        var result: [ShardDefect] = []
        if random - shuffled >= gap {
            let limit = shuffled + share * (random - shuffled)
            result += statistics.runs(atLeast: blocks) { $0.entropy > limit }.map {
                defect($0, reader.layout, "as diverse as random numbers", statistics, median)
            }
        }
        if median >= typical {
            result += statistics.runs(atLeast: blocks) { $0.entropy < silent }.map {
                defect($0, reader.layout, "almost all the same", statistics, median)
            }
        }
        return result.filter { defect in !excluded.contains { $0.overlaps(defect.tokens ?? 0..<0) } }
    }

    private static func defect(
        _ run: Range<Int>,
        _ layout: TokenLayout,
        _ what: String,
        _ statistics: TokenBlocks,
        _ median: Float
    ) -> ShardDefect {
        let tokens = run.lowerBound * TokenBlocks.size..<run.upperBound * TokenBlocks.size
        let mean = run.reduce(0) { $0 + statistics.blocks[$1].entropy } / Float(run.count)
        return ShardDefect(
            kind: .entropyOutlier,
            severity: .warning,
            bytes: layout.byteRange(tokens),
            tokens: tokens,
            detail: "\(run.count) blocks of \(TokenBlocks.size) tokens are \(what): \(oneDecimal(mean)) bits a block, "
                + "typical for this shard are \(oneDecimal(median))"
        )
    }

    private static func oneDecimal(_ number: Float) -> String {
        let tenths = Int((number * 10).rounded())
        return "\(tenths / 10).\(tenths % 10)"
    }

    /// The entropy of a block made of tokens from all over the shard, which is about what text without context has.
    private static func shuffledEntropy(_ reader: TokenReader) throws(ShardError) -> Float {
        let stretches = 64
        let length = TokenBlocks.size / stretches
        var counter = EntropyCounter()
        var sum: Float = 0
        let samples = 8
        for sample in 0..<samples {
            for stretch in 0..<stretches {
                let place = (stretch * samples + sample) * (reader.layout.count - length) / (stretches * samples)
                for token in try reader.tokens(place..<place + length) { counter.add(Int(token & 0xFFFF)) }
            }
            sum += counter.takeEntropy()
        }
        return sum / Float(samples)
    }

    /// The entropy of a block of random ids.
    private static func randomEntropy(ids: Int) -> Float {
        var counter = EntropyCounter()
        var state: UInt64 = 1
        for _ in 0..<TokenBlocks.size {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            counter.add(Int(state >> 33) % max(1, ids) & 0xFFFF)
        }
        return counter.takeEntropy()
    }
}
