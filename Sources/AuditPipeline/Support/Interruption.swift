import Synchronization

/// A wish to stop soon, told from any thread to work that can keep what it has done so far.
public final class Interruption: Sendable {
    private let flag = Atomic<Bool>(false)

    /// Creates one that nobody has asked for yet.
    public init() {}

    /// Asks the work to stop at the next place where it can.
    public func request() { flag.store(true, ordering: .relaxed) }

    /// Whether somebody has asked.
    public var isRequested: Bool { flag.load(ordering: .relaxed) }
}
