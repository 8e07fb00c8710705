import Terms

/// uint16 tokens that were cut at an odd byte: from there on each token is made of the halves of two.
///
/// The low bytes of ids are far more diverse than the high ones, in every vocabulary up to some 60 000 ids: frequent tokens
/// have small ids. After a shift it is the other way round.
enum OddByteShiftRule {
    /// Blocks in a row.
    private static let blocks = 4
    /// Bits by which the high bytes must be the more diverse ones.
    private static let balance: Float = -0.5

    static func defects(_ statistics: TokenBlocks, _ layout: TokenLayout) -> [ShardDefect] {
        guard layout.type.width == 2 else { return [] }
        return statistics.runs(atLeast: blocks) { $0.byteBalance < balance }.map { run in
            let isToEnd = run.upperBound == statistics.blocks.count
            let tokens =
                run.lowerBound * TokenBlocks.size..<(isToEnd ? layout.count : run.upperBound * TokenBlocks.size)
            return ShardDefect(
                kind: .oddByteShift,
                severity: .failure,
                bytes: layout.byteRange(tokens),
                tokens: tokens,
                detail: "the two bytes of each token have changed their roles: a byte was lost or added about here"
            )
        }
    }
}
