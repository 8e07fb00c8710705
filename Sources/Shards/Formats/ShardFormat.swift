/// What a shard's own bytes say about it.
public struct ShardHeader: Sendable, Equatable {
    /// The id of the format, for example `llm.c-gpt2`.
    public var format: String
    /// The number of tokens; `nil` for formats that hold text.
    public var tokens: Int?
    /// Bytes before the first token.
    public var headerBytes: Int
    /// Bytes per token.
    public var tokenWidth: Int

    /// Creates a header.
    public init(format: String, tokens: Int?, headerBytes: Int, tokenWidth: Int) {
        self.format = format
        self.tokens = tokens
        self.headerBytes = headerBytes
        self.tokenWidth = tokenWidth
    }
}

/// One on-disk form of a shard, with the checks that need no manifest.
protocol ShardFormat: Sendable {
    /// The id used in lock files and reports.
    static var id: String { get }

    /// Whether a file is of this form, from its name and its first bytes.
    static func recognises(name: String, head: [UInt8]) -> Bool

    /// Reads and checks the structure.
    /// - Throws: ``ShardError/malformed(path:byte:found:expected:)`` at the first byte that cannot be right.
    static func header(of file: FileReader, head: [UInt8]) throws(ShardError) -> ShardHeader
}

/// The formats of this version.
public enum ShardFormats {
    static let all: [any ShardFormat.Type] = [
        LlmcShard.self, NumpyShard.self, ParquetShard.self, LFSPointer.self, RawShard.self,
    ]

    /// Reads what a shard says about itself; `nil` when no format claims the file.
    public static func header(of file: FileReader) throws(ShardError) -> ShardHeader? {
        let head = try file.bytes(0..<1024)
        let name = String(file.path.split(separator: "/").last ?? "")
        for format in all where format.recognises(name: name, head: head) {
            return try format.header(of: file, head: head)
        }
        return nil
    }
}

extension [UInt8] {
    /// The little-endian 32-bit integer at an offset; 0 beyond the end.
    func int32(at offset: Int) -> Int {
        guard offset + 4 <= count else { return 0 }
        let bits =
            UInt32(self[offset]) | UInt32(self[offset + 1]) << 8 | UInt32(self[offset + 2]) << 16
            | UInt32(self[offset + 3]) << 24
        return Int(Int32(bitPattern: bits))
    }
}
