/// Reads the tokens of any span of any token format, bounds-checked.
///
/// The file is read with `pread` and not memory-mapped: a shard that becomes shorter while it is read would otherwise kill
/// the process, and with the page cache behind both the difference in speed is small.
public struct TokenReader: Sendable {
    /// What the shard says about itself.
    public let header: ShardHeader
    let layout: TokenLayout
    /// The shard's format; `nil` where the layout was given.
    let format: (any ShardFormat.Type)?
    private let path: String

    /// Opens a shard of any format that holds tokens. Packed shards are unpacked into memory.
    /// - Throws: ``ShardError`` when the file cannot be opened, is malformed, or holds no tokens.
    public init(path: String) throws(ShardError) {
        guard let reader = try TokenReader(ShardCandidate(FileReader(path: path))) else {
            throw .malformed(
                path: path,
                byte: 0,
                found: "no token shard",
                expected: "one of "
                    + ShardFormats.all.filter { $0.holdsTokens }.map { $0.title }.joined(separator: ", ")
            )
        }
        self = reader
    }

    /// The reader of a shard's tokens; `nil` when it holds none.
    init?(_ shard: ShardCandidate) throws(ShardError) {
        guard let format = ShardFormats.format(of: shard), let layout = try format.tokens(of: shard) else { return nil }
        path = shard.file.path
        self.format = format
        self.layout = layout
        var header = try format.header(of: shard)
        header.tokens = layout.count
        self.header = header
    }

    /// Opens a token shard whose layout is known from elsewhere: one whose header is damaged, say.
    public init(path: String, headerBytes: Int, tokenWidth: Int) throws(ShardError) {
        let file = try FileReader(path: path)
        // A layout that cannot be holds no tokens; asking for any is then an error and never a trap.
        let isPossible = headerBytes >= 0 && [1, 2, 4, 8].contains(tokenWidth) && headerBytes <= file.size
        let width = isPossible ? tokenWidth : 1
        let start = isPossible ? headerBytes : 0
        let tokens = isPossible ? (file.size - headerBytes) / tokenWidth : 0
        self.path = path
        format = nil
        header = ShardHeader(format: "given", tokens: tokens, headerBytes: start, tokenWidth: width)
        layout = TokenLayout(
            bytes: file,
            type: TokenType(width: width, isSigned: false),
            spans: [TokenLayout.Span(firstToken: 0, byte: start, count: tokens)]
        )
    }

    /// The tokens of a range; ids that do not fit 32 bits become the nearest that does.
    /// - Throws: ``ShardError/tokensOutOfRange(path:wanted:held:)`` when the shard does not hold them all.
    public func tokens(_ range: Range<Int>) throws(ShardError) -> [Int32] {
        guard range.lowerBound >= 0, range.upperBound <= layout.count else {
            throw .tokensOutOfRange(path: path, wanted: range, held: layout.count)
        }
        var result: [Int32] = []
        result.reserveCapacity(range.count)
        var next = range.lowerBound
        var index = layout.span(of: next)
        while next < range.upperBound {
            let span = layout.spans[index]
            let count = min(range.upperBound, span.firstToken + span.count) - next
            let start = span.byte + (next - span.firstToken) * layout.type.width
            let bytes = try layout.bytes.bytes(start..<start + count * layout.type.width)
            guard bytes.count == count * layout.type.width else {
                throw .tokensOutOfRange(path: path, wanted: range, held: next + bytes.count / layout.type.width)
            }
            append(bytes, to: &result)
            next += count
            index += 1
        }
        return result
    }

    private func append(_ bytes: [UInt8], to result: inout [Int32]) {
        func all<Stored: FixedWidthInteger>(_: Stored.Type) {
            bytes.withUnsafeBytes { bytes in
                for offset in stride(from: 0, to: bytes.count, by: MemoryLayout<Stored>.size) {
                    let stored = Stored(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: Stored.self))
                    result.append(Int32(clamping: stored))
                }
            }
        }
        switch (layout.type.width, layout.type.isSigned) {
        case (1, false): all(UInt8.self)
        case (1, true): all(Int8.self)
        case (2, false): all(UInt16.self)
        case (2, true): all(Int16.self)
        case (4, false): all(UInt32.self)
        case (4, true): all(Int32.self)
        case (8, false): all(UInt64.self)
        default: all(Int64.self)
        }
    }
}
