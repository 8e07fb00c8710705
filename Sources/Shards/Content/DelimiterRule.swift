import Terms

/// Document delimiters that stop, in a shard that has them.
struct DelimiterRule {
    /// Tokens that are looked at together, and the delimiters they must have on average for none to be strange: books of a
    /// million tokens are rare where documents have five thousand.
    private static let window = 1 << 20
    private static let expected = 200

    private let delimiter: Int32?
    private var counts: [Int] = []
    private var tokens = 0

    /// - Parameter delimiter: The token between documents; `nil` where none is known.
    init(_ delimiter: Int32?) { self.delimiter = delimiter }

    /// Adds the next tokens.
    mutating func add(_ next: [Int32]) {
        guard let delimiter else { return }
        var rest = next[...]
        while !rest.isEmpty {
            let room = Self.window - tokens % Self.window
            let part = rest.prefix(room)
            if tokens % Self.window == 0 { counts.append(0) }
            counts[counts.count - 1] += part.count { $0 == delimiter }
            tokens += part.count
            rest = rest.dropFirst(room)
        }
    }

    /// The delimiter, when the shard has any.
    var delimiterInUse: Int32? { counts.contains { $0 > 0 } ? delimiter : nil }

    func defects(_ layout: TokenLayout) -> [ShardDefect] {
        let whole = counts.prefix(tokens / Self.window)
        let sorted = whole.sorted()
        guard let delimiter, sorted.count >= 3, sorted[sorted.count / 2] >= Self.expected else { return [] }
        return whole.enumerated().filter { $0.element == 0 }.map { index, _ in
            let range = index * Self.window..<(index + 1) * Self.window
            return ShardDefect(
                kind: .missingDelimiters,
                severity: .warning,
                bytes: layout.byteRange(range),
                tokens: range,
                detail: "no document delimiter (\(delimiter)) in \(Self.window) tokens; others of this shard have "
                    + "\(sorted[sorted.count / 2])"
            )
        }
    }
}
