/// Reads tokens of a token shard, any span, bounds-checked.
public struct TokenReader: Sendable {
    /// What the shard says about itself.
    public let header: ShardHeader
    private let file: FileReader

    /// Opens a token shard.
    /// - Throws: ``ShardError`` when the file cannot be opened, is malformed, or holds no tokens.
    public init(path: String) throws(ShardError) {
        let file = try FileReader(path: path)
        guard let header = try ShardFormats.header(of: file), header.tokens != nil else {
            throw .malformed(
                path: path,
                byte: 0,
                found: "no token shard",
                expected: "an llm.c .bin, .npy or uint16 .bin file"
            )
        }
        self.file = file
        self.header = header
    }

    /// Opens a token shard whose layout is known from elsewhere: one whose header is damaged, say.
    public init(path: String, headerBytes: Int, tokenWidth: Int) throws(ShardError) {
        let file = try FileReader(path: path)
        // A layout that cannot be holds no tokens; asking for any is then an error and never a trap.
        let isPossible = headerBytes >= 0 && (1...4).contains(tokenWidth) && headerBytes <= file.size
        self.file = file
        header = ShardHeader(
            format: "given",
            tokens: isPossible ? (file.size - headerBytes) / tokenWidth : 0,
            headerBytes: isPossible ? headerBytes : 0,
            tokenWidth: isPossible ? tokenWidth : 1
        )
    }

    /// The tokens of a range.
    /// - Throws: ``ShardError/tokensOutOfRange(path:wanted:held:)`` when the shard does not hold them all.
    public func tokens(_ range: Range<Int>) throws(ShardError) -> [Int32] {
        let held = header.tokens ?? 0
        guard range.lowerBound >= 0, range.upperBound <= held else {
            throw .tokensOutOfRange(path: file.path, wanted: range, held: held)
        }
        let width = header.tokenWidth
        let start = header.headerBytes + range.lowerBound * width
        let bytes = try file.bytes(start..<start + range.count * width)
        guard bytes.count == range.count * width else {
            throw .tokensOutOfRange(path: file.path, wanted: range, held: range.lowerBound + bytes.count / width)
        }
        return (0..<range.count).map { index in
            var value: UInt32 = 0
            for byte in 0..<width { value |= UInt32(bytes[index * width + byte]) << UInt32(8 * byte) }
            return Int32(truncatingIfNeeded: value)
        }
    }
}
