import Terms

/// Replaces damaged shards with proved ones; the damaged ones are kept in quarantine.
public struct Repairer: Sendable {
    /// The folder the shards are in.
    public var folder: ShardFolder
    /// Where pristine shards come from.
    public var source: ShardSource

    /// The size of pieces where an entry does not say.
    public var pieceBytes: Int

    /// Creates a repairer.
    public init(folder: ShardFolder, source: ShardSource, pieceBytes: Int = Manifest.standardPieceBytes) {
        self.folder = folder
        self.source = source
        self.pieceBytes = pieceBytes
    }

    /// Repairs one shard: builds a good one beside it, from its sound pieces and those of the source or by a whole download, proves it, sets the damaged one aside, and only then gives the
    /// good one the final name. When anything fails before that, the folder is as it was.
    ///
    /// Where the shard is a link to another file in the folder, that file is set aside and replaced, and the link stays.
    /// Other processes and tasks that repair the same shard wait for each other.
    /// - Returns: The verification with the status `repaired`; `verified` when the shard turns out to be sound.
    public func repair(
        _ verification: ShardVerification,
        entry: ManifestEntry,
        with fetcher: Fetcher,
        progress: @Sendable (Int) -> Void = { _ in }
    ) async throws -> ShardVerification {
        guard let expected = entry.strongest else {
            throw ShardError.file(
                operation: "repair",
                path: folder.path + "/" + entry.name,
                reason: "no digest is known that could prove a replacement; make a lock file from a trusted copy with "
                    + "`trainaudit lock`"
            )
        }
        return try await ShardClaim.with(entry.name, in: folder) { path in
            let damage = current(verification, entry)
            if damage.status == .verified { return damage }
            let isThere = fileExists(path)
            let mended = try await stage(damage, entry, path: path, with: fetcher, progress: progress)
            // What can fail for want of space fails before anything is set aside.
            try mended.file.sync()
            var kept: Quarantine.Kept?
            if isThere { kept = try Quarantine(folder: folder).keep(path, note: note(damage, entry, path: path)) }
            do {
                try mended.file.commit(replacing: isThere)
            } catch {
                kept?.undo()
                throw error
            }
            var repaired = damage
            repaired.status = .repaired
            repaired.level = .digest
            repaired.expected = expected.description
            repaired.actual = expected.description
            repaired.bytes = mended.file.count
            let remains = kept.map { "the damaged file is kept as \($0.name)" } ?? "nothing was there to keep"
            repaired.detail = "was \(damage.status.rawValue) (\(damage.detail)); \(mended.how) and proved; \(remains)"
            return repaired
        }
    }

    /// The good shard beside the damaged one, and how it came about.
    private func stage(
        _ damage: ShardVerification,
        _ entry: ManifestEntry,
        path: String,
        with fetcher: Fetcher,
        progress: @Sendable (Int) -> Void
    ) async throws -> Staged {
        let pieceBytes = max(1, entry.pieceBytes ?? pieceBytes)
        if let file = try? FileReader(path: path) {
            let repair = PieceRepair(
                transport: fetcher.transport,
                entry: entry,
                pieceBytes: pieceBytes,
                source: source
            )
            do {
                let outcome = try await repair.run(file, to: path, damage: damage.damagedRanges, progress: progress)
                let how = "\(outcome.pieces) of \(entry.pieces.count) pieces fetched (\(outcome.bytes) bytes)"
                return Staged(file: outcome.file, how: how)
            } catch is PieceRepair.Impossible {
                // The whole shard, then.
            }
        }
        let file = try await fetcher.stage(entry, from: source, to: path, pieceBytes: pieceBytes, progress: progress)
        return Staged(file: file, how: "replaced")
    }

    private struct Staged {
        var file: ProvenFile
        var how: String
    }

    /// What is true of the shard now that nobody else writes it. By its whole digest; the ranges of an earlier
    /// verification are kept where it saw the same bytes.
    private func current(_ verification: ShardVerification, _ entry: ManifestEntry) -> ShardVerification {
        var bare = entry
        bare.pieces = []
        let manifest = Manifest(path: folder.path, form: .lock, entries: [bare])
        var now = Verifier(folder: folder, manifest: manifest, workers: 1).verify(bare)
        if now.status == .verified {
            now.detail = "already sound: " + now.detail
            return now
        }
        return now.actual == verification.actual && now.bytes == verification.bytes ? verification : now
    }

    private func note(_ damage: ShardVerification, _ entry: ManifestEntry, path: String) -> Quarantine.Note {
        let relative = relativePath(path, in: realPath(folder.path))
        return Quarantine.Note(
            name: entry.name,
            linkTo: relative == entry.name ? nil : relative,
            status: damage.status,
            detail: damage.detail,
            expected: entry.strongest?.description,
            bytes: 0,
            damagedRanges: damage.damagedRanges.map { [$0.lowerBound, $0.upperBound] },
            replacedFrom: source.address(of: entry.name)
        )
    }
}
