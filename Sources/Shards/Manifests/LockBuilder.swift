import Terms

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
        return Manifest(path: manifest.path, form: .lock, pieceBytes: pieceBytes, entries: results.compactMap { $0 })
    }

    private func lock(
        _ entry: ManifestEntry,
        manifest: Manifest,
        source: String?,
        progress: (Int) -> Void
    ) throws -> ManifestEntry {
        let path = try folder.resolve(entry.name, manifest: manifest.path)
        let file = try FileReader(path: path)
        let header = try ShardFormats.header(of: file)
        let digests = try FileDigests.of(
            file,
            .init(whole: .sha256, pieces: .sha256),
            pieceBytes: pieceBytes,
            progress: progress
        )
        try requireAgreement(entry, digests.whole, file, manifest: manifest)
        if let known = entry.bytes, known != digests.bytes {
            throw ShardError.manifest(
                path: manifest.path,
                place: entry.name,
                found: "\(digests.bytes) bytes",
                expected: "\(known); repair the shard before locking it"
            )
        }
        guard FileIdentity(path: realPath(path)) == file.identity else {
            throw ShardError.file(
                operation: "lock",
                path: path,
                reason: "it changed while it was read; run the command again when nothing writes to it"
            )
        }
        var locked = ManifestEntry(
            name: entry.name,
            bytes: digests.bytes,
            tokens: header?.tokens,
            sha256: digests.whole?.asSHA256,
            sources: source.map { [Self.address(of: entry.name, in: $0)] } ?? entry.sources
        )
        locked.pieces = digests.pieces
        return locked
    }

    /// What the manifest knows must hold; digests of another algorithm cost another pass.
    private func requireAgreement(
        _ entry: ManifestEntry,
        _ whole: ContentDigest?,
        _ file: FileReader,
        manifest: Manifest
    ) throws {
        guard let known = entry.strongest else { return }
        var found = whole
        if known.algorithm != .sha256 {
            found = try FileDigests.of(file, .init(whole: known.algorithm), pieceBytes: pieceBytes).whole
        }
        guard found != known else { return }
        throw ShardError.manifest(
            path: manifest.path,
            place: entry.name,
            found: "\(known.algorithm.title) \(found?.hex ?? "")",
            expected: "\(known.hex); repair the shard before locking it"
        )
    }

    /// A lock made from a listing alone: what it knows, without reading a shard.
    /// - Throws: ``ShardError/manifest(path:place:found:expected:)`` for the first shard without size or digest.
    public static func lock(listing manifest: Manifest, source: String? = nil) throws(ShardError) -> Manifest {
        var result = manifest
        result.form = .lock
        for index in result.entries.indices {
            let entry = result.entries[index]
            guard entry.bytes != nil, entry.strongest != nil else {
                throw .manifest(
                    path: manifest.path,
                    place: printable(entry.name),
                    found: entry.strongest == nil ? "no digest of it" : "no size of it",
                    expected: "both; without --listing the shards themselves are read"
                )
            }
            if let source { result.entries[index].sources = [address(of: entry.name, in: source)] }
        }
        return result
    }

    private static func address(of name: String, in source: String) -> String {
        source.hasSuffix("/") ? source + name : source + "/" + name
    }
}
