import Terms

/// Fetches shards that are missing into their folder; what stands there already is never replaced.
public struct Installer: Sendable {
    /// The folder the shards go to.
    public var folder: ShardFolder
    /// Whether a shard for which no digest is known may get its name, as `unproved`.
    public var allowsUnproved: Bool
    /// The size of pieces where an entry does not say.
    public var pieceBytes: Int

    /// Creates an installer.
    public init(
        folder: ShardFolder,
        allowsUnproved: Bool = false,
        pieceBytes: Int = Manifest.standardPieceBytes
    ) {
        self.folder = folder
        self.pieceBytes = pieceBytes
        self.allowsUnproved = allowsUnproved
    }

    /// Fetches one shard, and makes the sub-folders its name asks for.
    /// - Returns: Its verification: `verified`, or `unproved` when no digest is known.
    /// - Throws: When no digest is known and that is not allowed, when the download fails or does not prove itself, and
    ///   when a file of that name has appeared that is not the shard. The folder is then as it was.
    public func install(
        _ entry: ManifestEntry,
        from source: ShardSource,
        with fetcher: Fetcher,
        progress: @Sendable (Int) -> Void = { _ in }
    ) async throws -> ShardVerification {
        let allowsUnproved = allowsUnproved
        let pieceBytes = max(1, entry.pieceBytes ?? pieceBytes)
        try Fetcher.requireDigest(entry, from: source, unless: allowsUnproved)
        return try await ShardClaim.with(entry.name, in: folder) { path in
            if fileExists(path) {
                var bare = entry
                bare.pieces = []
                let manifest = Manifest(path: folder.path, form: .lock, entries: [bare])
                var now = Verifier(folder: folder, manifest: manifest, workers: 1).verify(bare)
                guard now.status == .verified else {
                    throw ShardError.file(
                        operation: "create",
                        path: path,
                        reason: "a file of that name has appeared; it was left alone"
                    )
                }
                now.detail = "already sound: " + now.detail
                return now
            }
            let result = try await fetcher.fetch(
                entry,
                from: source,
                to: path,
                pieceBytes: pieceBytes,
                replacing: false,
                allowsUnproved: allowsUnproved,
                progress: progress
            )
            return ShardVerification(
                name: entry.name,
                status: result.proved ? .verified : .unproved,
                level: result.proved ? .digest : .size,
                expected: entry.strongest?.description,
                actual: result.proved ? entry.strongest?.description : result.digest.description,
                bytes: result.bytes,
                detail: result.proved
                    ? "fetched, \(entry.strongest?.algorithm.title ?? "digest") as expected"
                    : "fetched; no digest is known"
            )
        }
    }
}
