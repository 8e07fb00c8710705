import Terms

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// The right to write one shard: the folders it needs, and a lock that other processes and tasks respect.
enum ShardClaim {
    /// How long to wait for another process that works on the same shard.
    static let patience: Duration = .seconds(600)

    /// Runs `body` while nobody else writes the shard.
    ///
    /// Where the shard is a link to another file in the folder, the file it points to is the one that is locked and
    /// written: the link stays, and other names of the same file see the same content.
    /// - Parameter body: Called with the path of the real file, which may not exist yet; its folder does.
    /// - Throws: What `body` throws; folders made for the shard are then removed again.
    static func with<Value: Sendable>(
        _ name: String,
        in folder: ShardFolder,
        patience: Duration = patience,
        _ body: @Sendable (String) async throws -> Value
    ) async throws -> Value {
        try folder.requireExists()
        let path = try folder.resolve(name)
        let real = realPath(path)
        if FileIdentity(path: path)?.isLink == true, !fileExists(real) {
            throw ShardError.file(
                operation: "write the shard",
                path: path,
                reason: "it is a link to \(printable(real)), which does not exist; remove the link"
            )
        }
        var made: [String] = []
        do {
            let lock = try await lock(real, inside: realPath(folder.path), made: &made, patience: patience)
            defer { lock.release() }
            return try await body(real)
        } catch {
            // A folder that has come into use meanwhile is not empty and stays.
            for folder in made.reversed() { rmdir(folder) }
            throw error
        }
    }

    private static func lock(
        _ path: String,
        inside root: String,
        made: inout [String],
        patience: Duration
    ) async throws -> ShardLock {
        let end = ContinuousClock.now + patience
        while true {
            try makeFolders(for: path, inside: root, made: &made)
            if let lock = try ShardLock(beside: path) { return lock }
            guard ContinuousClock.now < end else {
                throw ShardError.file(
                    operation: "write the shard",
                    path: path,
                    reason: "another process is working on it; run the command again when that has ended"
                )
            }
            try await Task.sleep(for: .milliseconds(50))
        }
    }

    private static func makeFolders(for path: String, inside root: String, made: inout [String]) throws(ShardError) {
        guard let relative = relativePath(path, in: root) else { return }
        var folder = root == "/" ? "" : root
        for part in relative.utf8.split(separator: UInt8(ascii: "/")).dropLast() {
            folder += "/" + String(decoding: part, as: UTF8.self)
            if mkdir(folder, 0o777) == 0 {
                made.append(folder)
            } else if errno != EEXIST {
                throw .system("make the folder", folder)
            }
        }
    }
}

/// A lock on one shard: an empty hidden file beside it, locked with `flock` and removed afterwards.
private struct ShardLock {
    private let path: String
    private let descriptor: Int32

    /// Takes the lock; `nil` when another holds it or has just removed it.
    init?(beside shard: String) throws(ShardError) {
        let (folder, name) = splitPath(shard)
        let path = folder + "/" + WorkingName.lock(of: name)
        let descriptor = open(path, O_RDONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0o644)
        guard descriptor >= 0 else {
            // The folder was ours and has just been removed by another task that failed.
            if errno == ENOENT { return nil }
            throw .system("lock the shard with", path)
        }
        if flock(descriptor, LOCK_EX | LOCK_NB) != 0, errno == EWOULDBLOCK || errno == EINTR {
            close(descriptor)
            return nil
        }
        // Some file systems (Lustre without the option) have no locks: the work goes on without, since fresh names and
        // renames alone keep the shard whole.
        guard let held = FileIdentity(descriptor: descriptor), FileIdentity(path: path) == held else {
            // Its last holder removed it between our open and our lock: it is nobody's name any more.
            close(descriptor)
            return nil
        }
        self.path = path
        self.descriptor = descriptor
    }

    /// Removes the file while it is still locked, so that whoever waits for it sees that it is gone.
    func release() {
        if let held = FileIdentity(descriptor: descriptor), held.isRegular, held.size == 0,
            FileIdentity(path: path) == held
        {
            unlink(path)
        }
        close(descriptor)
    }
}
