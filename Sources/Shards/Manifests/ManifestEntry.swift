/// What is known of one shard before looking at it.
public struct ManifestEntry: Sendable, Equatable {
    /// The path relative to the shard folder.
    public var name: String
    /// The size in bytes.
    public var bytes: Int?
    /// The number of tokens.
    public var tokens: Int?
    /// The SHA-256 of the whole file.
    public var sha256: Digest256?
    /// Digests of the whole file by other algorithms.
    public var digests: [ContentDigest]
    /// The digests of its pieces, all of one algorithm.
    public var pieces: [ContentDigest]
    /// The size of its pieces, where it is not that of the manifest.
    public var pieceBytes: Int?
    /// Where it can be downloaded, when the manifest says so.
    public var sources: [String]
    /// What a person should know of this entry: a digest that cannot be computed here, for example.
    public var note: String?

    /// The strongest digest of the whole file that is known.
    public var strongest: ContentDigest? {
        if let sha256 { return ContentDigest(sha256) }
        return DigestAlgorithm.allCases.lazy.compactMap { wanted in digests.first { $0.algorithm == wanted } }.first
    }

    /// Whether anything is known that could prove the content.
    public var isProvable: Bool { strongest != nil || !pieces.isEmpty }

    /// Creates an entry.
    public init(
        name: String,
        bytes: Int? = nil,
        tokens: Int? = nil,
        sha256: Digest256? = nil,
        digests: [ContentDigest] = [],
        pieces: [Digest256] = [],
        sources: [String] = [],
        note: String? = nil
    ) {
        self.name = name
        self.bytes = bytes
        self.tokens = tokens
        self.sha256 = sha256
        self.digests = digests
        self.pieces = pieces.map(ContentDigest.init)
        self.sources = sources
        self.note = note
    }

    /// Adds a digest of the whole file.
    public mutating func add(_ digest: ContentDigest) {
        if let value = digest.asSHA256 { sha256 = value } else { digests.append(digest) }
    }
}
