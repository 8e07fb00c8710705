/// Why a tokenizer file could not be used.
public struct TokenizerError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The file.
    public var path: String
    /// What was found.
    public var found: String
    /// What was expected.
    public var expected: String

    /// Creates an error.
    public init(path: String, found: String, expected: String) {
        self.path = path
        self.found = found
        self.expected = expected
    }

    public var description: String { "\(path): \(found); expected \(expected)." }
}
