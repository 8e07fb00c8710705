/// What is wrong with a configuration file.
public struct ConfigurationError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The file.
    public var path: String
    /// The 1-based line, where it is known.
    public var line: Int?
    /// The key, for example `order.batch`.
    public var key: String?
    /// What was found.
    public var found: String
    /// What is allowed.
    public var expected: String

    /// Creates an error.
    public init(path: String, line: Int? = nil, key: String? = nil, found: String, expected: String) {
        self.path = path
        self.line = line
        self.key = key
        self.found = found
        self.expected = expected
    }

    public var description: String {
        let place = line.map { "\(path):\($0)" } ?? path
        return "\(place): \(key.map { "\($0): " } ?? "")\(found); expected \(expected)."
    }
}
