import Terms

/// Something that a shard's content shows, without any manifest.
public struct ContentFinding: Sendable, Equatable {
    /// What was found.
    public enum Kind: String, Sendable, CaseIterable {
        /// A part of the file that cannot be decoded, or whose own checksum differs.
        case undecodable
        /// Text that is not UTF-8.
        case invalidText = "invalid-text"
        /// Token ids that the vocabulary does not have.
        case outsideVocabulary = "outside-vocabulary"
        /// A long run of token 0: a hole in the file, or space that was never filled.
        case zeroRun = "zero-run"
        /// A long run of one token.
        case tokenRun = "token-run"
        /// Tokens read at an odd byte: a byte was lost or added before them.
        case oddByteShift = "odd-byte-shift"
        /// Tokens that are there twice.
        case repeatedBlock = "repeated-block"
        /// The same content as another shard.
        case duplicateShard = "duplicate-shard"
        /// No document delimiters where there should be many.
        case missingDelimiters = "missing-delimiters"
        /// Tokens as diverse, or as uniform, as none of the shard's other blocks.
        case entropyOutlier = "entropy-outlier"
    }

    /// How grave a finding is.
    public enum Severity: String, Sendable {
        /// Unusual; it may be meant.
        case warning
        /// No sound shard looks like this.
        case failure
    }

    /// What was found.
    public var kind: Kind
    /// How grave it is.
    public var severity: Severity
    /// The bytes concerned: of the file, or of what a packed file unpacks to.
    public var bytes: Range<Int>
    /// The tokens concerned, where the shard holds tokens.
    public var tokens: Range<Int>?
    /// One sentence for a person.
    public var detail: String

    /// Creates a finding.
    public init(kind: Kind, severity: Severity, bytes: Range<Int>, tokens: Range<Int>? = nil, detail: String) {
        self.kind = kind
        self.severity = severity
        self.bytes = bytes
        self.tokens = tokens
        self.detail = detail
    }
}
