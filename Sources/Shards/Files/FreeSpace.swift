#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Room on a file system.
public enum FreeSpace {
    /// Left free for others.
    static let margin = 16 << 20

    /// The bytes that this user may still write at a path; `nil` where the file system does not say.
    public static func available(at path: String) -> Int? {
        var status = statvfs()
        guard statvfs(path, &status) == 0, status.f_blocks > 0 else { return nil }
        let (bytes, overflow) = UInt64(status.f_bavail).multipliedReportingOverflow(by: UInt64(status.f_frsize))
        return overflow ? .max : Int(clamping: bytes)
    }

    /// - Throws: ``ShardError/file(operation:path:reason:)`` when so many bytes cannot be written.
    public static func require(_ bytes: Int, at folder: String) throws(ShardError) {
        guard bytes > 0, let free = available(at: folder) else { return }
        guard bytes <= max(0, free - margin) else {
            throw .file(
                operation: "write \(bytes) bytes",
                path: folder,
                reason: "only \(free) bytes are free on its file system; make room, or name another folder"
            )
        }
    }
}
