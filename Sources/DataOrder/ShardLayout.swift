import Terms

/// What the arithmetic needs to know about one shard.
public struct ShardLayout: Sendable, Equatable {
    /// Units that lie together in the file: a row group of documents, a sample.
    public struct Piece: Sendable, Equatable {
        /// The units, counted from the start of the shard.
        public var units: Range<Int>
        /// Where they lie in the file.
        public var bytes: Range<Int>

        /// Creates a piece.
        public init(units: Range<Int>, bytes: Range<Int>) {
            self.units = units
            self.bytes = bytes
        }
    }

    /// The shard's name in the lock file.
    public var name: String
    /// The number of tokens in the shard, or of documents or samples where ``unit`` says so.
    public var tokens: Int
    /// Bytes before the first token.
    public var headerBytes: Int
    /// Bytes per token.
    public var tokenWidth: Int
    /// What the shard is counted in.
    public var unit: ShardUnit
    /// For units of varying size: where they lie, rising and without gaps in the units. Empty where a header and a width
    /// say it all.
    public var pieces: [Piece]

    /// Creates the layout of a token shard.
    public init(name: String, tokens: Int, headerBytes: Int, tokenWidth: Int) {
        self.name = name
        self.tokens = tokens
        self.headerBytes = headerBytes
        self.tokenWidth = tokenWidth
        unit = .tokens
        pieces = []
    }

    /// Creates the layout of a shard whose units have no fixed size.
    public init(name: String, unit: ShardUnit, pieces: [Piece]) {
        self.name = name
        self.unit = unit
        self.pieces = pieces
        tokens = pieces.last?.units.upperBound ?? 0
        headerBytes = pieces.first?.bytes.lowerBound ?? 0
        tokenWidth = 1
    }

    /// The bytes that hold a range of tokens; of units of varying size, all bytes of the pieces they lie in.
    public func bytes(of range: Range<Int>) -> Range<Int> {
        guard !pieces.isEmpty else {
            return headerBytes + range.lowerBound * tokenWidth..<headerBytes + range.upperBound * tokenWidth
        }
        guard !range.isEmpty else { return headerBytes..<headerBytes }
        let first = pieces[pieceIndex(of: range.lowerBound)].bytes.lowerBound
        let end = pieces[pieceIndex(of: range.upperBound - 1)].bytes.upperBound
        return min(first, end)..<max(first, end)
    }

    /// The tokens that a range of bytes touches, cut to the shard; empty when it touches none.
    public func tokens(touching bytes: Range<Int>) -> Range<Int> {
        guard pieces.isEmpty else {
            let touched = pieces.filter { $0.bytes.overlaps(bytes) }
            guard let first = touched.first, let last = touched.last else { return 0..<0 }
            return first.units.lowerBound..<last.units.upperBound
        }
        let first = max(0, bytes.lowerBound - headerBytes) / tokenWidth
        let end = (max(0, bytes.upperBound - headerBytes) + tokenWidth - 1) / tokenWidth
        let upper = min(end, tokens)
        return min(first, upper)..<upper
    }

    /// The piece that holds a unit; the last one for a unit beyond the end.
    private func pieceIndex(of unit: Int) -> Int {
        position(of: unit, among: pieces.count) { pieces[$0].units.lowerBound }
    }
}

/// The last of `count` rising starts that is not beyond a value; 0 when all are.
/// - Complexity: O(log count).
func position(of value: Int, among count: Int, start: (Int) -> Int) -> Int {
    var low = 0
    var high = max(0, count - 1)
    while low < high {
        let middle = (low + high + 1) / 2
        if start(middle) <= value { low = middle } else { high = middle - 1 }
    }
    return low
}
