/// How sure a mapping from step to data is.
public enum MappingConfidence: String, Sendable, Codable {
    /// The loader's arithmetic determines the tokens.
    case exact
    /// The tokens lie somewhere in the span.
    case interval
    /// Nothing can be said.
    case unknown
}
