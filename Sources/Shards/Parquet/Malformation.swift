/// What is wrong inside a piece of a file whose place the caller knows.
struct Malformation: Error, Equatable {
    /// What was found.
    var found: String
    /// What should be there.
    var expected: String
    /// Whether nothing is wrong and only this program cannot read it.
    var isUnsupported = false

    /// The error for a place in a file.
    func at(_ byte: Int, of path: String) -> ShardError {
        isUnsupported
            ? .unsupported(path: path, byte: byte, found: found, expected: expected)
            : .malformed(path: path, byte: byte, found: found, expected: expected)
    }
}
