import Foundation

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Which file it is, and in which state: equal identities mean that nobody has replaced or written it in between.
struct FileIdentity: Equatable, Sendable {
    let device: UInt64
    let inode: UInt64
    let size: Int
    /// When it was last written.
    let seconds: Int
    let nanoseconds: Int
    /// When its content, name or permissions last changed, in nanoseconds since 1970. A second name changes it too, so it is no
    /// part of the identity.
    let changed: Int
    let isRegular: Bool
    let isFolder: Bool
    let isLink: Bool

    private init(_ status: stat) {
        device = UInt64(truncatingIfNeeded: status.st_dev)
        inode = UInt64(truncatingIfNeeded: status.st_ino)
        size = Int(status.st_size)
        #if canImport(Glibc)
            seconds = Int(status.st_mtim.tv_sec)
            nanoseconds = Int(status.st_mtim.tv_nsec)
            changed = Self.nanoseconds(Int(status.st_ctim.tv_sec), Int(status.st_ctim.tv_nsec))
        #else
            seconds = Int(status.st_mtimespec.tv_sec)
            nanoseconds = Int(status.st_mtimespec.tv_nsec)
            changed = Self.nanoseconds(Int(status.st_ctimespec.tv_sec), Int(status.st_ctimespec.tv_nsec))
        #endif
        isRegular = status.st_mode & S_IFMT == S_IFREG
        isFolder = status.st_mode & S_IFMT == S_IFDIR
        isLink = status.st_mode & S_IFMT == S_IFLNK
    }

    /// When it was last written, in nanoseconds since 1970.
    var modified: Int { Self.nanoseconds(seconds, nanoseconds) }

    private static func nanoseconds(_ seconds: Int, _ nanoseconds: Int) -> Int {
        seconds &* 1_000_000_000 &+ nanoseconds
    }

    static func == (left: FileIdentity, right: FileIdentity) -> Bool {
        left.device == right.device && left.inode == right.inode && left.size == right.size
            && left.modified == right.modified && left.isRegular == right.isRegular
            && left.isFolder == right.isFolder && left.isLink == right.isLink
    }

    /// The identity of an open file; `nil` when it cannot be inspected.
    init?(descriptor: Int32) {
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { return nil }
        self.init(status)
    }

    /// The identity of what a path leads to, links followed; `nil` when nothing is there.
    init?(following path: String) {
        var status = stat()
        guard stat(path, &status) == 0 else { return nil }
        self.init(status)
    }

    /// The identity of what stands at a path, links not followed; `nil` when nothing does.
    init?(path: String) {
        var status = stat()
        guard lstat(path, &status) == 0 else { return nil }
        self.init(status)
    }
}

/// Whether anything, a dangling link too, stands at a path.
func fileExists(_ path: String) -> Bool { FileIdentity(path: path) != nil }

/// The size of a file; `nil` when it cannot be inspected.
func fileSize(_ path: String) -> Int? {
    var status = stat()
    return stat(path, &status) == 0 ? Int(status.st_size) : nil
}

/// The names in a folder, sorted.
func folderNames(_ path: String) throws(ShardError) -> [String] {
    do {
        return try FileManager.default.contentsOfDirectory(atPath: path).sorted()
    } catch {
        throw .file(operation: "list", path: path, reason: "the folder is missing or not readable")
    }
}
