import Parquet
import Terms

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Why shards or their manifest could not be used.
public enum ShardError: Error, Sendable, Equatable, CustomStringConvertible {
    /// A manifest is not what it should be; `place` is a line or a key.
    case manifest(path: String, place: String, found: String, expected: String)
    /// A manifest names a file outside its folder.
    case unsafeName(manifest: String, name: String, reason: String)
    /// A file could not be opened, read or written.
    case file(operation: String, path: String, reason: String)
    /// A shard's bytes do not have the form of its format.
    case malformed(path: String, byte: Int, found: String, expected: String)
    /// A shard is of a form that this program cannot read; nothing says that it is damaged.
    case unsupported(path: String, byte: Int, found: String, expected: String)
    /// Tokens were asked for that the shard does not hold.
    case tokensOutOfRange(path: String, wanted: Range<Int>, held: Int)
    /// A download failed.
    case fetch(url: String, reason: String, remedy: String)

    public var description: String {
        switch self {
        case .manifest(let path, let place, let found, let expected):
            "\(path): \(place): \(found); expected \(expected)."
        case .unsafeName(let manifest, let name, let reason):
            "\(manifest): the name \"\(printable(name))\" \(reason); expected a relative path that stays inside the "
                + "shard folder. Nothing was read or written under that name."
        case .file(let operation, let path, let reason):
            "\(path): cannot \(operation): \(reason)."
        case .malformed(let path, let byte, let found, let expected):
            "\(path): byte \(byte): \(found); expected \(expected)."
        case .unsupported(let path, let byte, let found, let expected):
            "\(path): byte \(byte): \(found), which this program cannot read; expected \(expected)."
        case .tokensOutOfRange(let path, let wanted, let held):
            "\(path): tokens \(wanted.lowerBound)..<\(wanted.upperBound) were asked for; the shard holds \(held)."
        case .fetch(let url, let reason, let remedy):
            "\(printable(url)): \(reason). \(remedy)"
        }
    }

    /// An error of the last system call on a path.
    static func system(_ operation: String, _ path: String, code: Int32 = errno) -> ShardError {
        .file(operation: operation, path: path, reason: String(cString: strerror(code)))
    }
}

extension ShardError {
    /// The error of a Parquet file, as that of a shard.
    init(_ error: ParquetError) {
        switch error {
        case .malformed(let path, let byte, let found, let expected):
            self = .malformed(path: path, byte: byte, found: found, expected: expected)
        case .unsupported(let path, let byte, let found, let expected):
            self = .unsupported(path: path, byte: byte, found: found, expected: expected)
        case .shortened(let path): self = .file(operation: "read", path: path, reason: "it became shorter meanwhile")
        case .unreadable(let path, let reason):
            self = reason as? ShardError ?? .file(operation: "read", path: path, reason: "\(reason)")
        }
    }
}
