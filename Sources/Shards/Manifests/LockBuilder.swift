/// Makes lock files from what a person has.
public struct LockBuilder: Sendable {
    /// The folder with the shards.
    public var folder: ShardFolder
    /// The size of the pieces.
    public var pieceBytes: Int
    /// How many shards are read at once.
    public var workers: Int

    /// Creates a builder.
    public init(folder: ShardFolder, pieceBytes: Int = Manifest.standardPieceBytes, workers: Int) {
        self.folder = folder
        self.pieceBytes = pieceBytes
        self.workers = max(1, workers)
    }

    /// Hashes shards as they are now.
    /// - Parameters:
    ///   - manifest: The shards to lock; what it knows of them must hold, or the shard is refused: a lock made from a
    ///     damaged file would call the damage right for ever.
    ///   - source: Where the shards can be downloaded, kept in the lock file.
    ///   - progress: Called with the bytes read since the last call, from any thread.
    /// - Throws: ``ShardError`` at the first shard that is missing, unreadable, malformed, or not what the manifest says.
    public func lock(
        _ manifest: Manifest,
        source: String? = nil,
        progress: @escaping @Sendable (Int) -> Void = { _ in }
    ) async throws -> Manifest {
        let entries = manifest.entries
        var results = [ManifestEntry?](repeating: nil, count: entries.count)
        try await withThrowingTaskGroup(of: (Int, ManifestEntry).self) { group in
            var next = 0
            func add() {
                let index = next
                group.addTask {
                    (index, try self.lock(entries[index], manifest: manifest, source: source, progress: progress))
                }
                next += 1
            }
            while next < min(workers, entries.count) { add() }
            for try await (index, entry) in group {
                results[index] = entry
                if next < entries.count { add() }
            }
        }
        return Manifest(path: manifest.path, form: "lock", pieceBytes: pieceBytes, entries: results.compactMap { $0 })
    }

    private func lock(
        _ entry: ManifestEntry,
        manifest: Manifest,
        source: String?,
        progress: (Int) -> Void
    ) throws(ShardError) -> ManifestEntry {
        let path = try folder.resolve(entry.name, manifest: manifest.path)
        let file = try FileReader(path: path)
        let header = try ShardFormats.header(of: file)
        let digests = try FileDigests.of(file, kinds: [.whole, .pieces], pieceBytes: pieceBytes, progress: progress)
        if let known = entry.sha256, known != digests.whole {
            throw .manifest(
                path: manifest.path,
                place: entry.name,
                found: "SHA-256 \(digests.whole?.description ?? "")",
                expected: "\(known); repair the shard before locking it"
            )
        }
        if let known = entry.bytes, known != digests.bytes {
            throw .manifest(
                path: manifest.path,
                place: entry.name,
                found: "\(digests.bytes) bytes",
                expected: "\(known); repair the shard before locking it"
            )
        }
        return ManifestEntry(
            name: entry.name,
            bytes: digests.bytes,
            tokens: header?.tokens,
            sha256: digests.whole,
            pieces: digests.pieces,
            sources: source.map { [$0.hasSuffix("/") ? $0 + entry.name : $0 + "/" + entry.name] } ?? entry.sources
        )
    }
}
