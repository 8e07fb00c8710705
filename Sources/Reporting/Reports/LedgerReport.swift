/// What a run that keeps a ledger did, and what is new since the one before.
public struct LedgerReport: Codable, Sendable, Equatable {
    /// When the run before began, in UTC (`2026-03-01T02:00:00Z`); absent in the first.
    public var previousRun: String?
    /// When the oldest proof was made that this run relied on, in UTC; absent where it relied on none.
    public var oldestProof: String?
    /// How many shards were read now.
    public var read: Int
    /// How many proofs of earlier runs were relied on instead.
    public var reused: Int
    /// How many shards the time did not suffice for.
    public var left: Int
    /// Names of shards that no run has seen before; empty in the first.
    public var new: [String]
    /// Names of shards whose file was written since it was last read; empty in the first run.
    public var changed: [String]
    /// Names of shards that are damaged now and were not when last read, new ones included; empty in the first run.
    public var newlyDamaged: [String]
    /// Names of shards that were damaged and are proved now; empty in the first run.
    public var recovered: [String]

    /// Creates a report.
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
