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
