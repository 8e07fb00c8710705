/// How a token is stored.
public struct TokenType: Sendable, Equatable {
    /// Bytes per token: 1, 2, 4 or 8.
    public var width: Int
    /// Whether the number has a sign.
    public var isSigned: Bool

    /// Creates a type.
    public init(width: Int, isSigned: Bool) {
        self.width = width
        self.isSigned = isSigned
    }

    /// NumPy's name of an integer type, `uint16` for example; `nil` for anything else.
    init?(numpyName name: some StringProtocol) {
        switch name {
        case "uint8": self.init(width: 1, isSigned: false)
        case "int8": self.init(width: 1, isSigned: true)
        case "uint16": self.init(width: 2, isSigned: false)
        case "int16": self.init(width: 2, isSigned: true)
        case "uint32": self.init(width: 4, isSigned: false)
        case "int32": self.init(width: 4, isSigned: true)
        case "uint64": self.init(width: 8, isSigned: false)
        case "int64": self.init(width: 8, isSigned: true)
        default: return nil
        }
    }
}

/// Where the tokens of a shard are.
package struct TokenLayout: Sendable {
    /// Tokens without a gap between them.
    struct Span: Sendable, Equatable {
        /// The index of its first token in the shard.
        var firstToken: Int
        /// Where that token is.
        var byte: Int
        var count: Int
    }

    /// The bytes that hold them.
    let bytes: any ShardBytes
    let type: TokenType
    /// In the order of the tokens.
    let spans: [Span]

    /// The number of tokens.
    var count: Int { spans.last.map { $0.firstToken + $0.count } ?? 0 }

    /// The index of the span that holds a token.
    func span(of token: Int) -> Int {
        var low = 0
        var high = spans.count
        while low < high {
            let middle = (low + high) / 2
            if spans[middle].firstToken + spans[middle].count <= token { low = middle + 1 } else { high = middle }
        }
        return low
    }

    /// The bytes from a token to another, what is between spans included.
    func byteRange(_ tokens: Range<Int>) -> Range<Int> {
        guard !tokens.isEmpty, tokens.lowerBound >= 0, tokens.upperBound <= count else { return 0..<0 }
        let first = spans[span(of: tokens.lowerBound)]
        let last = spans[span(of: tokens.upperBound - 1)]
        return first.byte + (tokens.lowerBound - first.firstToken) * type.width..<last.byte
            + (tokens.upperBound - last.firstToken) * type.width
    }
}
