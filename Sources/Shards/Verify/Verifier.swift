import Terms

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Checks shards against what is known of them; reads only.
public struct Verifier: Sendable {
    /// How deep to look.
    public enum Level: String, Sendable, CaseIterable {
        /// Sizes only; no file is opened.
        case size
        /// Sizes and the formats' own structure.
        case structure
        /// Digests too.
        case digest
        /// All of it decoded too, and the content looked at.
        case decode
    }

    /// The folder the shards are in.
    public var folder: ShardFolder
    /// What is known of them.
    public var manifest: Manifest
    /// The entries to check; `nil` for all. The rest of the manifest still says which files are extra.
    public var part: [ManifestEntry]?
    /// How deep to look.
    public var level: Level
    /// How many shards are read at once.
    public var workers: Int
    /// The size of the vocabulary, for the level `decode`; `nil` when it is not known.
    public var vocabulary: Int?
    /// Whether the level `decode` looks at shards too that their digest has proved.
    public var decodesProved = true

    /// Creates a verifier.
    public init(
        folder: ShardFolder,
        manifest: Manifest,
        part: [ManifestEntry]? = nil,
        level: Level = .digest,
        workers: Int
    ) {
        self.folder = folder
        self.manifest = manifest
        self.part = part
        self.level = level
        self.workers = max(1, workers)
    }

    /// Checks all shards, in parallel over shards and, where pieces are known, inside a shard; in constant memory.
    /// - Parameter progress: Called with the bytes read since the last call, from any thread.
    /// - Returns: One verification an entry checked, in the manifest's order, then the files that are not in the manifest.
    public func verifyAll(progress: @escaping @Sendable (Int) -> Void = { _ in }) async -> [ShardVerification] {
        let entries = part ?? manifest.entries
        let results = await verify(entries, progress: progress)
        return Self.withDuplicates(results.compactMap { $0 }) + extras()
    }

    /// The files in the folder that the manifest does not list, of the kinds that it lists.
    func extras() -> [ShardVerification] {
        let isRecursive = manifest.entries.contains { $0.name.contains("/") }
        let listed = Set(manifest.entries.map(\.name))
        guard manifest.form != .folder,
            let names = try? folder.fileNames(isRecursive: isRecursive, except: listed)
        else { return [] }
        let suffixes = Set(manifest.entries.compactMap { $0.name.split(separator: ".").last })
        return names.filter { name in
            name.split(separator: ".").last.map(suffixes.contains) == true
        }.map {
            ShardVerification(name: $0, status: .extra, level: .none, detail: "in the folder and not in the manifest")
        }
    }

    /// Checks one shard.
    public func verify(_ entry: ManifestEntry, progress: (Int) -> Void = { _ in }) -> ShardVerification {
        verify(entry, known: nil, progress: progress)
    }

    /// The digests of a shard's pieces, and of which file they are.
    struct KnownPieces: Sendable {
        var digests: FileDigests
        var file: FileIdentity
    }

    /// Checks one shard whose pieces may have been read already.
    func verify(_ entry: ManifestEntry, known: KnownPieces?, progress: (Int) -> Void) -> ShardVerification {
        let path: String
        do {
            let found = try folder.locate(entry.name, manifest: manifest.path)
            if level == .size, let file = found.file, file.isRegular { return Self.bySize(entry, file) }
            path = found.path
        } catch {
            return ShardVerification(name: entry.name, status: .unreadable, level: .none, detail: error.description)
        }
        let file: FileReader
        do {
            file = try FileReader(path: path)
        } catch {
            let isMissing = FileIdentity(following: path) == nil && errno == ENOENT
            let isLink = FileIdentity(path: path)?.isLink == true
            return ShardVerification(
                name: entry.name,
                status: isMissing ? .missing : .unreadable,
                level: isMissing ? .size : .none,
                expected: entry.bytes.map { "\($0) bytes" },
                detail: isMissing
                    ? (isLink ? "it is a link that leads nowhere" : "the file is not in the folder") : error.description
            )
        }
        do {
            // Pieces of a file that has been replaced or written since say nothing of this one.
            let pieces = known.flatMap { $0.file == file.identity ? $0.digests : nil }
            var result = withContent(
                try check(entry, file, known: pieces, progress: progress),
                file,
                progress: progress
            )
            result.file = file.identity
            if level >= .digest, file.hasChanged { Self.markChanged(&result) }
            return result
        } catch {
            return ShardVerification(
                name: entry.name,
                status: .unreadable,
                level: .none,
                bytes: file.size,
                detail: "\(error)"
            )
        }
    }

    /// What was read of a file that was written meanwhile proves nothing.
    private static func markChanged(_ result: inout ShardVerification) {
        let warning = "the file changed while it was read; verify it again when nothing writes to it"
        if result.status.isDamaged {
            result.detail += "; " + warning
        } else {
            result.status = .unreadable
            result.level = .none
            result.detail = warning
        }
    }

    private func check(
        _ entry: ManifestEntry,
        _ file: FileReader,
        known: FileDigests?,
        progress: (Int) -> Void
    ) throws -> ShardVerification {
        var result = ShardVerification(name: entry.name, status: .unproved, level: .size, bytes: file.size)
        var structureProblem: String?
        if level >= .structure {
            do throws(ShardError) {
                (result.header, structureProblem) = try Self.structure(of: file)
            } catch {
                // A bad sector in the header: where pieces are known they say more.
                guard level >= .digest, !entry.pieces.isEmpty else { throw error }
            }
            result.level = result.header == nil ? .size : .structure
        }
        if level >= .digest, entry.isProvable {
            try checkDigest(entry, file, &result, known: known, progress: progress)
        }
        // A file that grows while it is read has the size that was read.
        Self.conclude(entry, size: result.bytes ?? file.size, structureProblem, &result)
        return result
    }

    /// What the size alone tells of a shard that was not opened.
    private static func bySize(_ entry: ManifestEntry, _ file: FileIdentity) -> ShardVerification {
        var result = ShardVerification(name: entry.name, status: .unproved, level: .size, bytes: file.size)
        result.file = file
        conclude(entry, size: file.size, nil, &result)
        return result
    }

    private static func conclude(
        _ entry: ManifestEntry,
        size: Int,
        _ structureProblem: String?,
        _ result: inout ShardVerification
    ) {
        if let bytes = entry.bytes, bytes != size {
            let missing = min(bytes, size)..<max(bytes, size)
            result.status = size < bytes ? .short : .long
            result.expected = "\(bytes) bytes"
            result.actual = "\(size) bytes"
            result.level = max(result.level, .size)
            result.damagedRanges = (result.damagedRanges + [missing]).merged()
            result.detail = "\(missing.count) bytes too \(size < bytes ? "few" : "many")"
        } else if result.status == .unproved, let structureProblem {
            result.status = .malformed
            result.level = .structure
            result.detail = structureProblem
        } else if result.status == .unproved {
            result.detail =
                entry.isProvable
                ? "its digest was not computed" : "no digest is known; only its \(result.level.rawValue) was checked"
            if let note = entry.note { result.detail += "; " + note }
        }
        if let structureProblem, result.status != .malformed {
            result.detail += (result.detail.isEmpty ? "" : "; ") + structureProblem
        }
    }

    /// What a shard says about itself, or what is wrong with its structure.
    private static func structure(of file: FileReader) throws(ShardError) -> (header: ShardHeader?, problem: String?) {
        do {
            return (try ShardFormats.header(of: file), nil)
        } catch .malformed(_, let byte, let found, let expected) {
            return (nil, "byte \(byte): \(found); expected \(expected)")
        }
    }

    /// With piece digests the whole-file digest is not computed for a sound shard: equal pieces of an equal size are the
    /// same proof at half the cost.
    private func checkDigest(
        _ entry: ManifestEntry,
        _ file: FileReader,
        _ result: inout ShardVerification,
        known: FileDigests?,
        progress: (Int) -> Void
    ) throws {
        let pieceBytes = manifest.pieceBytes(of: entry)
        result.level = .digest
        result.expected = entry.strongest?.description
        guard let pieceAlgorithm = entry.pieces.first?.algorithm else {
            guard let expected = entry.strongest else { return }
            let digests = try FileDigests.of(
                file,
                .init(whole: expected.algorithm),
                pieceBytes: pieceBytes,
                progress: progress
            )
            result.bytes = digests.bytes
            result.actual = digests.whole?.description
            let isWhole = digests.whole == expected
            result.status = isWhole ? .verified : .mismatch
            let title = expected.algorithm.title
            result.detail = isWhole ? "\(title) as expected" : "\(title) differs; no piece digests are known"
            return
        }
        let digests =
            try known
            ?? FileDigests.of(
                file,
                .init(pieces: pieceAlgorithm),
                pieceBytes: pieceBytes,
                skipsUnreadable: true,
                progress: progress
            )
        result.bytes = digests.bytes
        let damaged = zip(entry.pieces, digests.pieces).enumerated().filter { $0.element.0 != $0.element.1 }.map {
            $0.offset * pieceBytes..<min(($0.offset + 1) * pieceBytes, digests.bytes)
        }
        result.damagedRanges = damaged.merged()
        let title = pieceAlgorithm.title
        guard digests.unreadable.isEmpty else {
            result.status = .unreadable
            result.damagedRanges = (damaged + digests.unreadable).merged()
            let places = digests.unreadable.prefix(4).map { "\($0.lowerBound)..<\($0.upperBound)" }
            let sound = entry.pieces.count - damaged.count
            result.detail =
                "bytes \(places.joined(separator: ", "))\(digests.unreadable.count > 4 ? ", …" : "") cannot be read; "
                + "\(title) as expected of \(sound) of \(entry.pieces.count) pieces of \(pieceBytes) bytes"
            return
        }
        let isWhole = damaged.isEmpty && digests.pieces.count == entry.pieces.count
        result.status = isWhole ? .verified : .mismatch
        if isWhole {
            result.actual = result.expected
            result.detail = "\(title) of all \(entry.pieces.count) pieces as expected"
        } else {
            let whole = entry.strongest?.algorithm ?? .sha256
            result.actual = try FileDigests.of(file, .init(whole: whole), pieceBytes: pieceBytes).whole?.description
            result.detail =
                "\(title) differs in \(damaged.count) of \(entry.pieces.count) pieces of \(pieceBytes) bytes"
        }
    }
}

extension Verifier.Level: Comparable {
    public static func < (left: Self, right: Self) -> Bool {
        (allCases.firstIndex(of: left) ?? 0) < (allCases.firstIndex(of: right) ?? 0)
    }
}

extension Verifier {
    /// The bytes that a full verification would read, for progress; files that cannot be inspected count nothing.
    public func bytesOnDisk() -> Int {
        saturatingSum(
            (part ?? manifest.entries).lazy.compactMap { entry in
                (try? folder.resolve(entry.name)).flatMap { fileSize($0) }
            }
        )
    }
}
