import Crypto
import Terms

/// Looks at all tokens of a shard once, in constant memory but for a few bytes a block.
struct TokenContentCheck {
    /// The size of the vocabulary, when it is known.
    var vocabulary: Int?

    /// What was found, and what identifies the content.
    struct Outcome {
        /// In the order of the tokens.
        var defects: [ShardDefect]
        /// SHA-256 of the tokens as 32-bit numbers: equal for shards of equal content, whatever their header.
        var digest: [UInt8]
    }

    /// Tokens read at once.
    private static let step = 1 << 18

    /// Checks a shard.
    /// - Parameter progress: Called with the bytes read since the last call.
    func check(_ reader: TokenReader, progress: (Int) -> Void = { _ in }) throws(ShardError) -> Outcome {
        let layout = reader.layout
        var blocks = TokenBlocks(isTwoBytes: layout.type.width == 2)
        var runs = TokenRuns()
        var repeats = RepeatedBlockRule(tokens: layout.count)
        var delimiters = DelimiterRule(reader.format?.delimiter(layout.type))
        var hash = SHA256()
        for start in stride(from: 0, to: layout.count, by: Self.step) {
            let tokens = try reader.tokens(start..<min(start + Self.step, layout.count))
            for block in stride(from: 0, to: tokens.count, by: TokenBlocks.size) {
                blocks.add(tokens[block..<min(block + TokenBlocks.size, tokens.count)])
            }
            runs.add(tokens)
            repeats.add(tokens)
            delimiters.add(tokens)
            tokens.withUnsafeBytes { hash.update(bufferPointer: $0) }
            progress(tokens.count * layout.type.width)
        }
        var defects = runs.defects(layout, isPadded: reader.format?.hasPaddedRows ?? false)
        defects += OddByteShiftRule.defects(blocks, layout)
        defects += try VocabularyRule.defects(blocks, reader, vocabulary: vocabulary)
        let explained = defects.compactMap(\.tokens)
        defects += try EntropyRule.defects(blocks, reader, excluded: explained)
        defects += try repeats.defects(reader, delimiter: delimiters.delimiterInUse, excluded: explained)
        defects += delimiters.defects(layout)
        defects.sort {
            ($0.tokens?.lowerBound ?? 0, $0.kind.rawValue) < ($1.tokens?.lowerBound ?? 0, $1.kind.rawValue)
        }
        return Outcome(defects: defects, digest: Array(hash.finalize()))
    }
}
