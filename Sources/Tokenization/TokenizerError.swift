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

extension TokenizerError {
    /// A pattern that is not followed.
    static func pattern(_ text: String, path: String) -> TokenizerError {
        TokenizerError(
            path: path,
            found: "the split pattern \(text.prefix(120))",
            expected: "that of GPT-2, of GPT-4 or of nanochat"
        )
    }
}
