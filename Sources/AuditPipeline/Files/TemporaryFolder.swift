import Foundation
import Synchronization

/// A folder for copies that live no longer than the work they are for.
public struct TemporaryFolder: Sendable {
    /// Its path. It is made when something is first put there.
    public let path: String

    private static let open = Mutex<Set<String>>([])

    /// Reserves a name of its own.
    public init() {
        let name = "trainaudit-\(ProcessInfo.processInfo.processIdentifier)-\(UUID().uuidString)"
        path = URL(fileURLWithPath: NSTemporaryDirectory()).appendingPathComponent(name).path
        let reserved = path
        Self.open.withLock { _ = $0.insert(reserved) }
    }

    /// Removes the folder and what is in it.
    public func remove() {
        try? FileManager.default.removeItem(atPath: path)
        Self.open.withLock { _ = $0.remove(path) }
    }

    /// Removes all folders of the process: for the moment before an interrupted program ends.
    public static func removeAll() {
        for path in open.withLock({ $0 }) { try? FileManager.default.removeItem(atPath: path) }
    }
}
