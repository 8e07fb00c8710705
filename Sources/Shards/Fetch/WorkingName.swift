#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// The hidden names given to files beside a shard while it is worked on. Nothing else in a shard folder is ours.
package enum WorkingName {
    /// A fresh name to stage a file under: `.NAME.trainaudit-<pid>-<random>.partial`.
    static func partial(of name: String) -> String {
        let random = String(UInt64.random(in: .min ... .max), radix: 16)
        return prefix(of: name) + "\(getpid())-\(random)" + suffix
    }

    /// The process that staged a file under a name; `nil` when the name is not one of ours for this shard.
    package static func process(of partial: String, shard name: String) -> Int32? {
        let start = prefix(of: name)
        guard partial.hasPrefix(start), partial.hasSuffix(suffix), partial.utf8.count > start.utf8.count + 8 else {
            return nil
        }
        let parts = partial.dropFirst(start.count).dropLast(suffix.count)
            .split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count == 2, let process = Int32(parts[0]), process > 0, "\(process)" == parts[0],
            UInt64(parts[1], radix: 16) != nil
        else { return nil }
        return process
    }

    /// The name of a shard's lock: `.NAME.trainaudit-lock`.
    package static func lock(of name: String) -> String { ".\(shortened(name, to: 200)).trainaudit-lock" }

    private static let suffix = ".partial"

    private static func prefix(of name: String) -> String { ".\(shortened(name, to: 180)).trainaudit-" }

    /// The end of a name that leaves room for ours within the 255 bytes of most file systems.
    static func shortened(_ name: String, to bytes: Int) -> String {
        var end = name[...]
        while end.utf8.count > bytes { end.removeFirst() }
        return String(end)
    }
}
