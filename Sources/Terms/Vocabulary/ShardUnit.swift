/// What the numbers of a span count.
public enum ShardUnit: String, Sendable, Codable {
    /// Tokens of a token shard.
    case tokens
    /// Documents (rows) of a text shard, which become tokens only in the trainer.
    case documents
    /// Samples of a shard whose samples have no fixed size.
    case samples
}
