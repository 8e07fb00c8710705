/// What is seen in a run, by the id that rules, guide articles, JUnit cases and `explain` share.
///
/// The set is open: each symptom rule declares its own kind beside itself, so that a new symptom touches no list here.
public struct SymptomKind: RawRepresentable, Hashable, Sendable, Codable {
    /// The id, such as `loss-spike`.
    public let rawValue: String

    /// Takes an id.
    public init(rawValue: String) { self.rawValue = rawValue }

    /// Takes an id.
    public init(_ id: String) { rawValue = id }
}

/// Why an event happened, by the id that rules, guide articles and `explain` share.
///
/// The set is open: each cause rule declares its own kind beside itself.
public struct CauseKind: RawRepresentable, Hashable, Sendable, Codable {
    /// The id, such as `corrupt-shard`.
    public let rawValue: String

    /// Takes an id.
    public init(rawValue: String) { self.rawValue = rawValue }

    /// Takes an id.
    public init(_ id: String) { rawValue = id }
}
