/// Why a Parquet file could not be read.
public enum ParquetError: Error, Sendable, CustomStringConvertible {
    /// The bytes do not have the form of the format.
    case malformed(path: String, byte: Int, found: String, expected: String)
    /// The file is of a form that this program cannot read; nothing says that it is damaged.
    case unsupported(path: String, byte: Int, found: String, expected: String)
    /// The file became shorter while it was read.
    case shortened(path: String)
    /// The source could not give the bytes; its own error says why.
    case unreadable(path: String, reason: any Error)

    public var description: String {
        switch self {
        case .malformed(let path, let byte, let found, let expected):
            "\(path): byte \(byte): \(found); expected \(expected)."
        case .unsupported(let path, let byte, let found, let expected):
            "\(path): byte \(byte): \(found), which this program cannot read; expected \(expected)."
        case .shortened(let path): "\(path): cannot read: it became shorter meanwhile."
        case .unreadable(_, let reason): "\(reason)"
        }
    }
}
