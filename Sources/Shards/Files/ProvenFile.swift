import Crypto

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// A file being written beside its final name: hashed while it grows, synced, and renamed only when it is proved, so that
/// a final name always means a proved file.
///
/// Not thread-safe; one writer owns it.
struct ProvenFile: ~Copyable {
    /// The final path.
    let path: String
    /// The path it is written under.
    let partialPath: String
    private let descriptor: Int32
    private var hash = SHA256()
    private(set) var count = 0
    private var finished = false

    /// Creates the partial file, and takes a lock on it so that two processes do not write the same shard.
    init(path: String) throws(ShardError) {
        let parts = path.split(separator: "/", omittingEmptySubsequences: false)
        let partial = parts.dropLast().map { $0 + "/" }.joined() + ".\(parts.last ?? "").partial"
        // O_NOFOLLOW: a link planted under the temporary name must not redirect the write.
        let descriptor = open(partial, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o644)
        guard descriptor >= 0 else { throw .system("create", partial) }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            close(descriptor)
            throw .file(operation: "write", path: partial, reason: "another process is writing it; wait for it to end")
        }
        guard ftruncate(descriptor, 0) == 0 else {
            let error = ShardError.system("truncate", partial)
            close(descriptor)
            throw error
        }
        self.path = path
        self.partialPath = partial
        self.descriptor = descriptor
    }

    /// Appends bytes.
    mutating func write(_ bytes: UnsafeRawBufferPointer) throws(ShardError) {
        guard let base = bytes.baseAddress else { return }
        hash.update(bufferPointer: bytes)
        var done = 0
        while done < bytes.count {
            let written = Self.writeOnce(descriptor, base + done, bytes.count - done)
            if written < 0 {
                if errno == EINTR { continue }
                throw .system("write", partialPath)
            }
            done += written
        }
        count += bytes.count
    }

    /// The digest of what was written so far.
    func digest() -> Digest256 { Digest256(hash.finalize()) }

    /// Makes the bytes durable and gives the file its final name, replacing what stood there.
    mutating func commit() throws(ShardError) {
        guard fsync(descriptor) == 0 else { throw .system("sync", partialPath) }
        guard rename(partialPath, path) == 0 else { throw .system("rename to \(path)", partialPath) }
        finished = true
        syncFolder(of: path)
    }

    deinit {
        if !finished { unlink(partialPath) }
        close(descriptor)
    }

    private static func writeOnce(_ descriptor: Int32, _ base: UnsafeRawPointer, _ count: Int) -> Int {
        #if canImport(Glibc)
            Glibc.write(descriptor, base, count)
        #else
            Darwin.write(descriptor, base, count)
        #endif
    }
}

/// Makes a rename in a file's folder durable; a file system that cannot do it loses nothing but the guarantee.
func syncFolder(of path: String) {
    let parts = path.split(separator: "/", omittingEmptySubsequences: false).dropLast()
    let folder = parts.isEmpty ? "." : parts.joined(separator: "/")
    let descriptor = open(folder.isEmpty ? "/" : folder, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return }
    _ = fsync(descriptor)
    close(descriptor)
}
