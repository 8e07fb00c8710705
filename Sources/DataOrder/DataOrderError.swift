/// Why a step cannot be mapped to data.
public enum DataOrderError: Error, Sendable, Equatable, CustomStringConvertible {
    /// A value of the configuration is impossible.
    case invalid(key: String, found: String, expected: String)
    /// A shard is too small for the loader to take one batch from it.
    case shardTooSmall(shard: String, tokens: Int, needed: Int)
    /// The step lies outside what the loader's state covers.
    case stepOutOfRange(update: Int, limit: Int)
    /// The loader needs a file or a value that was not given.
    case missing(key: String, reason: String)
    /// What was configured contradicts what the run shows.
    case conflict(key: String, reason: String)
    /// The loader ran out of data before the step.
    case exhausted(update: Int, reason: String)
    /// The loader is not one this version can map.
    case unsupported(loader: String, reason: String)

    public var description: String {
        switch self {
        case .invalid(let key, let found, let expected):
            "\(key): \(found) is not possible; expected \(expected)."
        case .shardTooSmall(let shard, let tokens, let needed):
            "shard \(shard) holds \(tokens) tokens, fewer than the \(needed) one micro-step over all ranks needs; "
                + "check order.batch, order.sequence and order.worldSize."
        case .stepOutOfRange(let update, let limit):
            "update \(update) lies outside the mapped updates 0..<\(limit); check the step and training.steps."
        case .missing(let key, let reason):
            "\(key) is needed: \(reason)"
        case .conflict(let key, let reason):
            "\(key): \(reason)"
        case .exhausted(let update, let reason):
            "update \(update) has no data: \(reason)"
        case .unsupported(let loader, let reason):
            "order.loader \(loader): \(reason)"
        }
    }
}
