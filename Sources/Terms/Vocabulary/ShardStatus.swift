/// The outcome of looking at one shard.
public enum ShardStatus: String, Sendable, Codable, CaseIterable {
    /// Its digest is the expected one.
    case verified
    /// Nothing is wrong and nothing proves it: no digest is known.
    case unproved
    case missing, short, long, mismatch, malformed, unreadable
    /// In the folder and not in the manifest.
    case extra
    case repaired

    /// Whether the status is a proof of damage.
    public var isDamaged: Bool {
        switch self {
        case .missing, .short, .long, .mismatch, .malformed, .unreadable: true
        case .verified, .unproved, .extra, .repaired: false
        }
    }
}
