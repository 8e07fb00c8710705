import Terms

/// What was found out about one shard.
public struct ShardVerification: Sendable, Equatable {
    /// The shard's name in the manifest.
    public var name: String
    /// The verdict.
    public var status: ShardStatus
    /// What the verdict rests on.
    public var level: EvidenceLevel
    /// What was expected, as a digest or a size.
    public var expected: String?
    /// What was found.
    public var actual: String?
    /// The file's size.
    public var bytes: Int?
    /// What the shard says about itself, when its structure is sound.
    public var header: ShardHeader?
    /// Damaged byte ranges, as fine as they are known; empty when only the whole file is known to differ.
    public var damagedRanges: [Range<Int>]
    /// What the content shows, at the level `decode`.
    public var defects: [ShardDefect] = []
    /// SHA-256 of the decoded tokens, at the level `decode`: equal for shards of equal content.
    public var contentDigest: [UInt8]?
    /// One sentence for a person.
    public var detail: String
    /// When an earlier run proved it, in seconds since 1970, where a ledger is relied on; `nil` where the file was read.
    public var proved: Int?
    /// The file that was looked at, as it was when it was opened.
    var file: FileIdentity?

    /// Creates a verification.
    public init(
        name: String,
        status: ShardStatus,
        level: EvidenceLevel,
        expected: String? = nil,
        actual: String? = nil,
        bytes: Int? = nil,
        header: ShardHeader? = nil,
        damagedRanges: [Range<Int>] = [],
        detail: String = ""
    ) {
        self.name = name
        self.status = status
        self.level = level
        self.expected = expected
        self.actual = actual
        self.bytes = bytes
        self.header = header
        self.damagedRanges = damagedRanges
        self.detail = detail
    }
}
