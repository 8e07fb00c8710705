/// What is wrong inside a piece of a file whose place the caller knows.
package struct Malformation: Error, Equatable {
    /// What was found.
    var found: String
    /// What should be there.
    var expected: String
    /// Whether nothing is wrong and only this program cannot read it.
    var isUnsupported = false

    package init(found: String, expected: String, isUnsupported: Bool = false) {
        self.found = found
        self.expected = expected
        self.isUnsupported = isUnsupported
    }

    /// The error for a place in a file.
    package func at(_ byte: Int, of path: String) -> ParquetError {
        isUnsupported
            ? .unsupported(path: path, byte: byte, found: found, expected: expected)
            : .malformed(path: path, byte: byte, found: found, expected: expected)
    }
}
