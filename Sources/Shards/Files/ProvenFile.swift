import Crypto

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// A file being written beside its final name: hashed while it grows, synced, and renamed only when it is proved, so that
/// a final name always means a proved file.
///
/// It is staged under a fresh hidden name (see ``WorkingName``) that no other process and no user has, and removed when
/// it does not come to its final name. Not thread-safe; one writer owns it.
struct ProvenFile: ~Copyable {
    /// The final path.
    let path: String
    /// The path it is written under.
    let partialPath: String
    private let descriptor: Int32
    private var hash = SHA256()
    private(set) var count = 0
    private var finished = false

    /// A stale partial file is removed when nothing was written to it for this many seconds.
    private static let staleAge = 3600

    /// Creates the partial file, after removing those that dead processes of ours left for this shard long ago.
    init(path: String) throws(ShardError) {
        let (folder, name) = splitPath(path)
        Self.removeStale(of: name, in: folder)
        var tries = 1
        while true {
            let partial = folder + "/" + WorkingName.partial(of: name)
            let descriptor = open(partial, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o644)
            if descriptor >= 0 {
                // Held while the file is written: whoever cleans up, here or on another host, sees that it is in use.
                _ = flock(descriptor, LOCK_EX | LOCK_NB)
                self.path = path
                self.partialPath = partial
                self.descriptor = descriptor
                return
            }
            guard errno == EEXIST, tries < 16 else { throw .system("create", partial) }
            tries += 1
        }
    }

    /// Appends bytes.
    mutating func write(_ bytes: UnsafeRawBufferPointer) throws(ShardError) {
        hash.update(bufferPointer: bytes)
        try writeAll(bytes, to: descriptor, path: partialPath)
        count += bytes.count
    }

    /// Appends a whole file.
    mutating func write(_ file: FileReader, progress: (Int) -> Void = { _ in }) throws(ShardError) {
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 4096)
        defer { buffer.deallocate() }
        var offset = 0
        while true {
            let count = try file.read(at: offset, into: buffer)
            try write(UnsafeRawBufferPointer(rebasing: buffer[0..<count]))
            offset += count
            progress(count)
            if count < buffer.count { return }
        }
    }

    /// The digest of what was written so far.
    func digest() -> Digest256 { Digest256(hash.finalize()) }

    /// Makes the bytes durable. What can fail for want of space fails here, before anything else is changed.
    func sync() throws(ShardError) {
        guard fsync(descriptor) == 0 else { throw .system("sync", partialPath) }
    }

    /// Makes the bytes durable and gives the file its final name.
    /// - Parameter replacing: Whether to replace what stands there, taking over its permissions; otherwise a file that
    ///   has appeared under the name is left alone, and an error.
    mutating func commit(replacing: Bool) throws(ShardError) {
        var status = stat()
        if replacing, lstat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG {
            _ = fchmod(descriptor, status.st_mode & 0o777)
        }
        try sync()
        if replacing {
            guard rename(partialPath, path) == 0 else { throw .system("rename to \(path)", partialPath) }
        } else {
            try commitWithoutReplacing()
        }
        finished = true
        syncFolder(of: path)
    }

    private func commitWithoutReplacing() throws(ShardError) {
        // Unlike a rename, a link never replaces anything.
        if link(partialPath, path) == 0 {
            unlink(partialPath)
            return
        }
        let code = errno
        guard code != EEXIST, !fileExists(path) else {
            throw .file(operation: "create", path: path, reason: "a file of that name has appeared; it was left alone")
        }
        // File systems without links.
        guard rename(partialPath, path) == 0 else { throw .system("rename to \(path)", partialPath) }
    }

    deinit {
        if !finished { unlink(partialPath) }
        close(descriptor)
    }

    /// Removes what dead processes left behind: files of our pattern for this shard whose process is not running, that
    /// nobody has locked and nobody has written to for an hour.
    private static func removeStale(of name: String, in folder: String) {
        guard let names = try? folderNames(folder) else { return }
        for candidate in names {
            guard let process = WorkingName.process(of: candidate, shard: name), kill(process, 0) != 0, errno == ESRCH
            else { continue }
            let path = folder + "/" + candidate
            let descriptor = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)
            guard descriptor >= 0 else { continue }
            defer { close(descriptor) }
            guard let file = FileIdentity(descriptor: descriptor), file.isRegular,
                file.seconds < time(nil) - staleAge, flock(descriptor, LOCK_EX | LOCK_NB) == 0,
                FileIdentity(path: path) == file
            else { continue }
            unlink(path)
        }
    }
}

/// Writes all bytes to a descriptor.
func writeAll(_ bytes: UnsafeRawBufferPointer, to descriptor: Int32, path: String) throws(ShardError) {
    guard let base = bytes.baseAddress else { return }
    var done = 0
    while done < bytes.count {
        #if canImport(Glibc)
            let written = Glibc.write(descriptor, base + done, bytes.count - done)
        #else
            let written = Darwin.write(descriptor, base + done, bytes.count - done)
        #endif
        if written < 0 {
            if errno == EINTR { continue }
            throw .system("write", path)
        }
        done += written
    }
}

/// Makes a rename in a file's folder durable; a file system that cannot do it loses nothing but the guarantee.
func syncFolder(of path: String) {
    let descriptor = open(splitPath(path).folder, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return }
    _ = fsync(descriptor)
    close(descriptor)
}
