/// Where stages say how far they are. Called from any thread.
public protocol ProgressReporter: Sendable {
    /// A stage begins; `total` is its amount of work in bytes or batches, where known.
    func begin(_ stage: String, total: Int?)

    /// Work was done.
    func advance(by amount: Int)

    /// The stage is over.
    func end()
}

/// Says nothing.
public struct SilentProgress: ProgressReporter {
    /// Creates a reporter that says nothing.
    public init() {}
    public func begin(_ stage: String, total: Int?) {}
    public func advance(by amount: Int) {}
    public func end() {}
}
