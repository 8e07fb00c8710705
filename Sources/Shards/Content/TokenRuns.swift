import Terms

/// Long runs of one token: a hole of zeros, or memory that was written again and again.
struct TokenRuns {
    /// A run of token 0 from here on is a defect: 512 tokens are a sector of zeros in uint16.
    static let zeros = 512
    /// A run of any other token.
    static let others = 4096

    private(set) var found: [(token: Int32, range: Range<Int>)] = []
    private var token: Int32 = -1
    private var start = 0
    private var end = 0

    /// Adds the next tokens.
    mutating func add(_ tokens: [Int32]) {
        for next in tokens {
            if next != token {
                close()
                token = next
                start = end
            }
            end += 1
        }
    }

    /// The runs, once all tokens were added.
    /// - Parameter isPadded: Whether rows of fixed length may end in padding, which only a longer run can tell from a hole.
    mutating func defects(_ layout: TokenLayout, isPadded: Bool) -> [ShardDefect] {
        close()
        token = -1
        start = end
        return found.filter { !isPadded || $0.range.count >= Self.others }.map { run in
            let isEnd = run.range.upperBound == layout.count
            let what = run.token == 0 && isEnd ? ", up to the end: space that was never filled?" : ""
            return ShardDefect(
                kind: run.token == 0 ? .zeroRun : .tokenRun,
                severity: isPadded ? .warning : .failure,
                bytes: layout.byteRange(run.range),
                tokens: run.range,
                detail: "\(run.range.count) times the token \(run.token) in a row\(what)"
            )
        }
    }

    private mutating func close() {
        guard end - start >= (token == 0 ? Self.zeros : Self.others), found.count < 1000 else { return }
        found.append((token, start..<end))
    }
}
