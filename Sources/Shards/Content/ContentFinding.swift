/// Something that a shard's content shows, without any manifest.
public struct ContentFinding: Sendable, Equatable {
    /// What was found.
    public enum Kind: String, Sendable, CaseIterable {
        /// A part of the file that cannot be decoded, or whose own checksum differs.
        case undecodable
        /// Text that is not UTF-8.
        case invalidText = "invalid-text"
    }

    /// What was found.
    public var kind: Kind
    /// Whether it proves damage; otherwise it is unusual and may be meant.
    public var isProof: Bool
    /// The bytes of the file concerned.
    public var bytes: Range<Int>
    /// One sentence for a person.
    public var detail: String

    /// Creates a finding.
    public init(kind: Kind, isProof: Bool, bytes: Range<Int>, detail: String) {
        self.kind = kind
        self.isProof = isProof
        self.bytes = bytes
        self.detail = detail
    }
}
