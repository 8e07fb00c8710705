import Terms

/// Ids outside the vocabulary.
enum VocabularyRule {
    /// GPT-2's vocabulary.
    private static let gpt2 = 50257
    /// Distinct ids beyond all typical ones that make a block suspect where no vocabulary is known. A sound block has
    /// one or two: the largest id of the shard has to be somewhere.
    private static let distinct = 16

    /// Looks at the blocks whose largest id is too large.
    /// - Parameter vocabulary: The size of the vocabulary, when it is known.
    static func defects(
        _ blocks: TokenBlocks,
        _ reader: TokenReader,
        vocabulary: Int?
    ) throws(ShardError) -> [ShardDefect] {
        let typical = blocks.typicalMaximum
        if let vocabulary {
            return try suspects(blocks, reader, limit: vocabulary, distinct: 1).map {
                defect($0, reader, .failure, "the vocabulary has \(vocabulary)")
            }
        }
        guard !blocks.blocks.isEmpty else { return [] }
        // Nobody's vocabulary has half a million ids.
        var limit = 1 << 19
        var severity = Severity.failure
        if reader.layout.type.width <= 2 {
            // Twice as large as typical is no rare token. Beyond half of the range only GPT-2's vocabulary is a known limit.
            limit = 2 * (typical + 1)
            if typical >= 1 << 15 {
                guard typical < gpt2 else { return [] }
                limit = gpt2
                severity = .warning
            }
        }
        let all = try suspects(blocks, reader, limit: limit, distinct: distinct)
        return all.map { defect($0, reader, severity, "typical blocks of this shard stay below \(typical + 1)") }
    }

    /// Stretches of blocks with ids from a limit on.
    private struct Suspect {
        var tokens: Range<Int>
        var count: Int
        var largest: Int32
    }

    private static func suspects(
        _ blocks: TokenBlocks,
        _ reader: TokenReader,
        limit: Int,
        distinct: Int
    ) throws(ShardError) -> [Suspect] {
        var result: [Suspect] = []
        let size = TokenBlocks.size
        /// The last, shorter block has no statistics.
        let tail = blocks.blocks.count * size..<reader.layout.count
        let ranges =
            blocks.blocks.indices.filter { Int(blocks.blocks[$0].maximum) >= limit }.map { $0 * size..<($0 + 1) * size }
            + [tail]
        for range in ranges where !range.isEmpty {
            var seen: Set<Int32> = []
            var suspect: Suspect?
            for (offset, token) in try reader.tokens(range).enumerated() where token < 0 || token >= limit {
                seen.insert(token)
                let place = range.lowerBound + offset
                let first = suspect?.tokens.lowerBound ?? place
                suspect = Suspect(
                    tokens: first..<place + 1,
                    count: (suspect?.count ?? 0) + 1,
                    largest: token < 0 ? token : max(suspect?.largest ?? token, token)
                )
            }
            guard let suspect, seen.count >= distinct else { continue }
            if let last = result.last, suspect.tokens.lowerBound - last.tokens.upperBound <= size {
                result[result.count - 1] = Suspect(
                    tokens: last.tokens.lowerBound..<suspect.tokens.upperBound,
                    count: last.count + suspect.count,
                    largest: last.largest < 0 ? last.largest : max(last.largest, suspect.largest)
                )
            } else if result.count < 100 {
                result.append(suspect)
            }
        }
        return result
    }

    private static func defect(
        _ suspect: Suspect,
        _ reader: TokenReader,
        _ severity: Severity,
        _ limit: String
    ) -> ShardDefect {
        ShardDefect(
            kind: .outsideVocabulary,
            severity: severity,
            bytes: reader.layout.byteRange(suspect.tokens),
            tokens: suspect.tokens,
            detail: "\(suspect.count) ids outside the vocabulary, \(suspect.largest) for one; \(limit)"
        )
    }
}
