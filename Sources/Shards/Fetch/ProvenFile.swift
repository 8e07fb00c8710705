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
final class ProvenFile {
    /// The final path.
    let path: String
    /// The path it is written under.
    let partialPath: String
    private let descriptor: Int32
    private var hash = SHA256()
    private var other: StreamingDigest?
    private(set) var count = 0
    /// Up to where the disk has been asked to write.
    private var begun = 0
    private var finished = false
    /// Whether an earlier process wrote the beginning: then what is on the disk is what must be proved.
    private(set) var isAdopted = false
    private var hasNote = false
    /// Whether the file is kept, under its partial name, for a later run.
    var isWorthKeeping = false

    /// A stale partial file is removed when nothing was written to it for this many seconds.
    private static let staleAge = 3600
    /// One that a later run can go on with, after this many.
    private static let resumableAge = 7 * 86_400

    /// Creates the partial file, after removing those that dead processes of ours left for this shard long ago.
    /// - Parameters:
    ///   - other: A digest to compute besides SHA-256.
    ///   - size: The size of the whole, where it is known.
    init(path: String, other: DigestAlgorithm? = nil, size: Int? = nil) throws(ShardError) {
        let (folder, name) = splitPath(path)
        Self.removeStale(of: name, in: folder)
        (descriptor, partialPath) = try Self.create(folder: folder, name: name)
        self.path = path
        self.other = other.map { StreamingDigest($0, size: size ?? 0) }
    }

    private static func create(folder: String, name: String) throws(ShardError) -> (Int32, String) {
        var tries = 1
        while true {
            let partial = folder + "/" + WorkingName.partial(of: name)
            let descriptor = open(partial, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o644)
            if descriptor >= 0 {
                // Held while the file is written: whoever cleans up, here or on another host, sees that it is in use.
                _ = flock(descriptor, LOCK_EX | LOCK_NB)
                return (descriptor, partial)
            }
            guard errno == EEXIST, tries < 16 else { throw .system("create", partial) }
            tries += 1
        }
    }

    /// Goes on with the longest partial file that a process of ours on this machine left for this shard, if there is one.
    ///
    /// It gets a fresh name first, so that no two processes can go on with the same. Its bytes are hashed here; where pieces
    /// are known only what agrees with them is kept.
    /// - Parameter digest: What the whole is to be proved by; partial files of other content are left alone.
    init?(
        resuming path: String,
        entry: ManifestEntry,
        pieceBytes: Int,
        digest: String,
        note: inout ResumeNote?
    ) throws(ShardError) {
        let (folder, name) = splitPath(path)
        guard let found = Self.claim(folder: folder, name: name, digest: digest) else { return nil }
        descriptor = found.descriptor
        partialPath = found.path
        self.path = path
        let strongest = entry.strongest?.algorithm
        other = strongest.flatMap { $0 == .sha256 ? nil : StreamingDigest($0, size: entry.bytes ?? 0) }
        isAdopted = true
        hasNote = true
        note = found.note
        try readBack(entry, pieceBytes: pieceBytes)
    }

    /// Takes over a partial file: under its lock, and by a rename that only one can do.
    private static func claim(
        folder: String,
        name: String,
        digest: String
    ) -> (descriptor: Int32, path: String, note: ResumeNote)? {
        let candidates = ((try? folderNames(folder)) ?? []).filter { WorkingName.process(of: $0, shard: name) != nil }
        let sized = candidates.compactMap { candidate in
            FileIdentity(path: folder + "/" + candidate).map { (candidate, $0.size) }
        }
        for (candidate, size) in sized.sorted(by: { ($0.1, $0.0) > ($1.1, $1.0) }) where size > 0 {
            let old = folder + "/" + candidate
            guard let note = ResumeNote.read(of: old), note.digest == digest else { continue }
            let descriptor = open(old, O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)
            guard descriptor >= 0 else { continue }
            let fresh = folder + "/" + WorkingName.partial(of: name)
            guard let file = FileIdentity(descriptor: descriptor), file.isRegular,
                flock(descriptor, LOCK_EX | LOCK_NB) == 0, FileIdentity(path: old) == file,
                !fileExists(fresh), rename(old, fresh) == 0
            else {
                close(descriptor)
                continue
            }
            note.write(of: fresh)
            unlink(ResumeNote.path(of: old))
            return (descriptor, fresh, note)
        }
        return nil
    }

    private func readBack(_ entry: ManifestEntry, pieceBytes: Int) throws(ShardError) {
        let file = try FileReader(path: partialPath)
        let limit = min(file.size, entry.bytes ?? .max)
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 4096)
        defer { buffer.deallocate() }
        var sound = limit
        if let algorithm = entry.pieces.first?.algorithm {
            let digests = try? FileDigests.of(
                file,
                .init(pieces: algorithm),
                pieceBytes: pieceBytes,
                range: 0..<limit
            ).pieces
            let agreeing = zip(entry.pieces, digests ?? []).prefix { $0 == $1 }.count
            sound = min(limit, agreeing * pieceBytes)
        }
        while count < sound {
            let part = UnsafeMutableRawBufferPointer(rebasing: buffer[0..<min(buffer.count, sound - count)])
            let read = try file.read(at: count, into: part)
            guard read > 0 else { break }
            digest(UnsafeRawBufferPointer(rebasing: part[0..<read]))
        }
        guard ftruncate(descriptor, off_t(count)) == 0, lseek(descriptor, off_t(count), SEEK_SET) == count else {
            throw .system("go on with", partialPath)
        }
    }

    /// Begins again with nothing.
    func restart(size: Int?) throws(ShardError) {
        guard ftruncate(descriptor, 0) == 0, lseek(descriptor, 0, SEEK_SET) == 0 else {
            throw .system("begin again with", partialPath)
        }
        hash = SHA256()
        other = other.map { StreamingDigest($0.algorithm, size: size ?? 0) }
        count = 0
        begun = 0
    }

    /// Keeps what a later run needs to go on.
    func write(_ note: ResumeNote) {
        note.write(of: partialPath)
        hasNote = true
    }

    /// The digest of one kind of what was written, without or with another look at the disk.
    func digest(_ algorithm: DigestAlgorithm) -> ContentDigest? {
        if isAdopted {
            let file = try? FileReader(path: partialPath)
            return file.flatMap { try? FileDigests.of($0, .init(whole: algorithm), pieceBytes: 1 << 20).whole }
        }
        if algorithm == .sha256 { return ContentDigest(digest()) }
        return other.flatMap { $0.algorithm == algorithm ? $0.finalize() : nil }
    }

    private func digest(_ bytes: UnsafeRawBufferPointer) {
        hash.update(bufferPointer: bytes)
        other?.update(bytes)
        count += bytes.count
    }

    /// Appends bytes.
    func write(_ bytes: UnsafeRawBufferPointer) throws(ShardError) {
        try writeAll(bytes, to: descriptor, path: partialPath)
        digest(bytes)
        #if canImport(Glibc)
            // Of pages that are not written yet the kernel then begins to write them, so that the sync at the end has little
            // left to wait for.
            if count - begun >= 16 << 20 {
                _ = posix_fadvise(descriptor, off_t(begun), off_t(count - begun), POSIX_FADV_DONTNEED)
                begun = count
            }
        #endif
    }

    /// Appends a whole file.
    func write(_ file: FileReader, progress: (Int) -> Void = { _ in }) throws(ShardError) {
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
    func commit(replacing: Bool) throws(ShardError) {
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
        if hasNote { unlink(ResumeNote.path(of: partialPath)) }
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
        if !finished, !(isWorthKeeping && hasNote) {
            unlink(partialPath)
            if hasNote { unlink(ResumeNote.path(of: partialPath)) }
        }
        close(descriptor)
    }

    /// Removes what dead processes left behind: files of our pattern for this shard whose process is not running, that
    /// nobody has locked and nobody has written to for an hour; those that a later run can go on with, for a week.
    private static func removeStale(of name: String, in folder: String) {
        guard let names = try? folderNames(folder) else { return }
        for candidate in names {
            guard let process = WorkingName.process(of: candidate, shard: name), kill(process, 0) != 0, errno == ESRCH
            else { continue }
            let path = folder + "/" + candidate
            let descriptor = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)
            guard descriptor >= 0 else { continue }
            defer { close(descriptor) }
            let age = fileExists(ResumeNote.path(of: path)) ? resumableAge : staleAge
            guard let file = FileIdentity(descriptor: descriptor), file.isRegular,
                file.seconds < time(nil) - age, flock(descriptor, LOCK_EX | LOCK_NB) == 0,
                FileIdentity(path: path) == file
            else { continue }
            unlink(path)
            unlink(ResumeNote.path(of: path))
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
