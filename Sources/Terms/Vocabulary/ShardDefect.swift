/// What is wrong, or strange, inside one shard's content; no manifest is needed to see it.
public struct ShardDefect: Sendable, Equatable {
    /// The kinds of defect.
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

    /// The kind.
    public var kind: Kind
    /// `failure` where no sound shard looks like this, `warning` where it may be meant.
    public var severity: Severity
    /// The bytes concerned: of the file, or of what a packed file unpacks to.
    public var bytes: Range<Int>
    /// The tokens concerned, where the shard holds tokens.
    public var tokens: Range<Int>?
    /// One sentence for a person.
    public var detail: String

    /// Creates a defect.
    public init(kind: Kind, severity: Severity, bytes: Range<Int>, tokens: Range<Int>? = nil, detail: String) {
        self.kind = kind
        self.severity = severity
        self.bytes = bytes
        self.tokens = tokens
        self.detail = detail
    }
}
