import Terms

/// Something that an audit did not check, and why.
public struct Omission: Sendable, Equatable, Encodable {
    private enum CodingKeys: CodingKey {
        case kind, subject, text
    }

    /// What was not checked. The ids name cases of JUnit and stay the same from night to night.
    public enum Kind: String, Sendable, Encodable, CaseIterable {
        case tracing
        case pristineCopy = "pristine-copy"
        case log
        case logPart = "log-part"
        case runs
        case checkpoints
        case weights
        case replay
        case comparison
        case baseline
    }

    /// What was not checked.
    public var kind: Kind
    /// Which of several: a shard, a file; `nil` where there is only one.
    public var subject: String?
    /// What was not checked and why, a sentence.
    public var text: Phrase

    /// Creates an omission.
    public init(_ kind: Kind, subject: String? = nil, _ text: Phrase) {
        self.kind = kind
        self.subject = subject
        self.text = text
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(kind, forKey: .kind)
        try container.encodeIfPresent(subject, forKey: .subject)
        try container.encode(encoder.voice.text(text), forKey: .text)
    }
}
