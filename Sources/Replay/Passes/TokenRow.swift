/// One sequence of a batch and where its tokens came from.
public struct TokenRow: Sendable, Hashable {
    /// The tokens the model reads.
    public var inputs: [Int32]
    /// The token that follows each input; as many as `inputs`.
    public var targets: [Int32]
    /// The row's number in its batch.
    public var row: Int
    /// Name of the shard the tokens were read from; empty when there is none.
    public var shard: String
    /// The tokens' range in that shard.
    public var tokens: Range<Int>

    /// Creates a row.
    public init(inputs: [Int32], targets: [Int32], row: Int = 0, shard: String = "", tokens: Range<Int> = 0..<0) {
        self.inputs = inputs
        self.targets = targets
        self.row = row
        self.shard = shard
        self.tokens = tokens
    }

    /// Creates a row from T + 1 consecutive tokens: inputs are the first T, targets the last T.
    public init(stream: [Int32], row: Int = 0, shard: String = "", tokens: Range<Int> = 0..<0) {
        self.init(
            inputs: Array(stream.dropLast()),
            targets: Array(stream.dropFirst()),
            row: row,
            shard: shard,
            tokens: tokens
        )
    }
}
