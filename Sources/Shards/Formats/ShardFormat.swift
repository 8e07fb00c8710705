import Terms

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
    /// The number of rows, samples, items or sequences; `nil` for a plain stream of tokens.
    public var rows: Int?

    /// Creates a header.
    public init(format: String, tokens: Int?, headerBytes: Int, tokenWidth: Int, rows: Int? = nil) {
        self.format = format
        self.tokens = tokens
        self.headerBytes = headerBytes
        self.tokenWidth = tokenWidth
        self.rows = rows
    }
}

/// A file that may be a shard: its name and first bytes decide what it is.
struct ShardCandidate: Sendable {
    /// The open file.
    let file: FileReader
    /// The last part of its path.
    let name: String
    /// Its first 1024 bytes.
    let head: [UInt8]

    init(_ file: FileReader) throws(ShardError) {
        self.file = file
        name = String(file.path.split(separator: "/").last ?? "")
        head = try file.bytes(0..<1024)
    }

    /// The path of another file in the same folder.
    func sibling(_ name: String) -> String { String(file.path.dropLast(self.name.count)) + name }

    /// The error of a byte that cannot be right.
    func malformed(_ byte: Int, _ found: String, _ expected: String) -> ShardError {
        .malformed(path: file.path, byte: byte, found: found, expected: expected)
    }
}

/// One on-disk form of a shard, with the checks that need no manifest.
protocol ShardFormat: Sendable {
    /// The id used in lock files and reports.
    static var id: String { get }

    /// Whether a file is of this form, from its name and its first bytes.
    static func recognises(_ shard: ShardCandidate) -> Bool

    /// Reads and checks the structure; reads little of the file.
    /// - Throws: ``ShardError/malformed(path:byte:found:expected:)`` at the first byte that cannot be right.
    static func header(of shard: ShardCandidate) throws(ShardError) -> ShardHeader

    /// Where the tokens are; `nil` for formats that hold none.
    static func tokens(of shard: ShardCandidate) throws(ShardError) -> TokenLayout?

    /// Decodes what there is besides tokens: pages, samples, text.
    static func decode(_ shard: ShardCandidate) throws(ShardError) -> [ShardDefect]
}

extension ShardFormat {
    /// Tokens without gaps behind the header.
    static func tokens(of shard: ShardCandidate) throws(ShardError) -> TokenLayout? {
        let header = try header(of: shard)
        guard let tokens = header.tokens else { return nil }
        return TokenLayout(
            bytes: shard.file,
            type: TokenType(width: header.tokenWidth, isSigned: false),
            spans: [TokenLayout.Span(firstToken: 0, byte: header.headerBytes, count: tokens)]
        )
    }

    static func decode(_ shard: ShardCandidate) throws(ShardError) -> [ShardDefect] { [] }
}

/// The formats of this version.
public enum ShardFormats {
    /// In the order in which they are asked; the headerless one takes what is left.
    static let all: [any ShardFormat.Type] = [
        LlmcShard.self, LlmcEvaluationShard.self, NumpyShard.self, ParquetShard.self, LFSPointer.self,
        MegatronIndex.self, MegatronShard.self, MDSShard.self, LitdataShard.self, RawShard.self,
    ]

    /// Reads what a shard says about itself; `nil` when no format claims the file.
    public static func header(of file: FileReader) throws(ShardError) -> ShardHeader? {
        let shard = try ShardCandidate(file)
        return try format(of: shard)?.header(of: shard)
    }

    /// The format that claims a file.
    static func format(of shard: ShardCandidate) -> (any ShardFormat.Type)? {
        all.first { $0.recognises(shard) }
    }
}
