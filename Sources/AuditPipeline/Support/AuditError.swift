/// Why an audit, or a command on one of its stages, could not be completed.
public struct AuditError: Error, Sendable, Equatable, CustomStringConvertible {
    /// What is wrong, where, what was expected and what to do.
    public var description: String

    /// Creates an error.
    public init(_ description: String) {
        self.description = description
    }
}
