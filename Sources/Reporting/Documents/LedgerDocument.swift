/// What a run that keeps a ledger did, and what is new since the one before.
public struct LedgerDocument: Codable, Sendable, Equatable {
    /// When the run before began, in UTC (`2026-03-01T02:00:00Z`); absent in the first.
    public var previousRun: String?
    /// When the oldest proof was made that this run relied on.
    public var oldestProof: String?
    /// Shards read now, shards relied on from earlier runs, and shards that the time did not suffice for.
    public var read: Int
    public var reused: Int
    public var left: Int
    /// Names of shards that no run has seen before, and of those written since the last one.
    public var new: [String]
    public var changed: [String]
    /// Names of shards whose damage no run has reported before, and of damaged ones that are sound now.
    public var newlyDamaged: [String]
    public var recovered: [String]

    /// Creates a document.
    public init(
        previousRun: String? = nil,
        oldestProof: String? = nil,
        read: Int,
        reused: Int,
        left: Int,
        new: [String],
        changed: [String],
        newlyDamaged: [String],
        recovered: [String]
    ) {
        self.previousRun = previousRun
        self.oldestProof = oldestProof
        self.read = read
        self.reused = reused
        self.left = left
        self.new = new
        self.changed = changed
        self.newlyDamaged = newlyDamaged
        self.recovered = recovered
    }
}
