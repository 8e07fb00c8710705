/// Checks shards against what is known of them; reads only.
public struct Verifier: Sendable {
    /// How deep to look.
    public enum Level: String, Sendable, CaseIterable {
        /// Sizes only.
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

    /// A manifest for a folder without one: every file is there and nothing proves it.
    /// - Parameter isRecursive: Whether the files of sub-folders belong to it too.
    public static func manifest(
        ofFolder folder: ShardFolder,
        isRecursive: Bool = false
    ) throws(ShardError) -> Manifest {
        let entries = try folder.fileNames(isRecursive: isRecursive).map { ManifestEntry(name: $0) }
        return Manifest(path: folder.path, form: "folder", entries: entries)
    }

    /// Checks all shards, in parallel over shards, each in constant memory.
    /// - Parameter progress: Called with the bytes read since the last call, from any thread.
    /// - Returns: One verification an entry checked, in the manifest's order, then the files that are not in the manifest.
    public func verifyAll(progress: @escaping @Sendable (Int) -> Void = { _ in }) async -> [ShardVerification] {
        let entries = part ?? manifest.entries
        var results = [ShardVerification?](repeating: nil, count: entries.count)
        await withTaskGroup(of: (Int, ShardVerification).self) { group in
            var next = 0
            while next < min(workers, entries.count) {
                let index = next
                group.addTask { (index, self.verify(entries[index], progress: progress)) }
                next += 1
            }
            for await (index, verification) in group {
                results[index] = verification
                if next < entries.count, !Task.isCancelled {
                    let index = next
                    group.addTask { (index, self.verify(entries[index], progress: progress)) }
                    next += 1
                }
            }
        }
        return Self.withDuplicates(results.compactMap { $0 }) + extras()
    }

    private func extras() -> [ShardVerification] {
        let isRecursive = manifest.entries.contains { $0.name.contains("/") }
        guard manifest.form != "folder", let names = try? folder.fileNames(isRecursive: isRecursive) else { return [] }
        let listed = Set(manifest.entries.map(\.name))
        let suffixes = Set(manifest.entries.compactMap { $0.name.split(separator: ".").last })
        return names.filter { name in
            !listed.contains(name) && name.split(separator: ".").last.map(suffixes.contains) == true
        }.map {
            ShardVerification(name: $0, status: .extra, level: .none, detail: "in the folder and not in the manifest")
        }
    }

    /// Checks one shard.
    public func verify(_ entry: ManifestEntry, progress: (Int) -> Void = { _ in }) -> ShardVerification {
        let path: String
        do {
            path = try folder.resolve(entry.name, manifest: manifest.path)
        } catch {
            return ShardVerification(name: entry.name, status: .unreadable, level: .none, detail: error.description)
        }
        let file: FileReader
        do {
            file = try FileReader(path: path)
        } catch {
            let isMissing = !fileExists(path)
            return ShardVerification(
                name: entry.name,
                status: isMissing ? .missing : .unreadable,
                level: isMissing ? .size : .none,
                expected: entry.bytes.map { "\($0) bytes" },
                detail: isMissing ? "the file is not in the folder" : error.description
            )
        }
        do {
            return withContent(try check(entry, file, progress: progress), file, progress: progress)
        } catch {
            return ShardVerification(
                name: entry.name,
                status: .unreadable,
                level: .none,
                bytes: file.size,
                detail: error.description
            )
        }
    }

    private func check(
        _ entry: ManifestEntry,
        _ file: FileReader,
        progress: (Int) -> Void
    ) throws(ShardError) -> ShardVerification {
        var result = ShardVerification(name: entry.name, status: .unproved, level: .size, bytes: file.size)
        var structureProblem: String?
        if level >= .structure {
            do {
                result.header = try ShardFormats.header(of: file)
                result.level = result.header == nil ? .size : .structure
            } catch .malformed(let path, let byte, let found, let expected) {
                structureProblem = "byte \(byte): \(found); expected \(expected)"
                _ = path
            }
        }
        if level >= .digest, entry.sha256 != nil || !entry.pieces.isEmpty {
            try checkDigest(entry, file, &result, progress: progress)
        }
        // A file that grows while it is read has the size that was read.
        let size = result.bytes ?? file.size
        if let bytes = entry.bytes, bytes != size {
            let missing = min(bytes, size)..<max(bytes, size)
            result.status = size < bytes ? .short : .long
            result.expected = "\(bytes) bytes"
            result.actual = "\(size) bytes"
            result.level = max(result.level, .size)
            result.damagedRanges = joinedRanges(result.damagedRanges + [missing])
            result.detail = "\(missing.count) bytes too \(size < bytes ? "few" : "many")"
        } else if result.status == .unproved, let structureProblem {
            result.status = .malformed
            result.level = .structure
            result.detail = structureProblem
        } else if result.status == .unproved {
            result.detail =
                entry.sha256 == nil
                ? "no digest is known; only its \(result.level.rawValue) was checked" : "its digest was not computed"
        }
        if let structureProblem, result.status != .malformed {
            result.detail += (result.detail.isEmpty ? "" : "; ") + structureProblem
        }
        return result
    }

    /// With piece digests the whole-file digest is not computed for a sound shard: equal pieces of an equal size are the
    /// same proof at half the cost.
    private func checkDigest(
        _ entry: ManifestEntry,
        _ file: FileReader,
        _ result: inout ShardVerification,
        progress: (Int) -> Void
    ) throws(ShardError) {
        let pieceBytes = manifest.pieceBytes
        let byPieces = !entry.pieces.isEmpty
        let digests = try FileDigests.of(
            file,
            kinds: byPieces ? .pieces : .whole,
            pieceBytes: pieceBytes,
            progress: progress
        )
        result.level = .digest
        result.bytes = digests.bytes
        result.expected = entry.sha256?.description
        if byPieces {
            let damaged = zip(entry.pieces, digests.pieces).enumerated().filter { $0.element.0 != $0.element.1 }.map {
                $0.offset * pieceBytes..<min(($0.offset + 1) * pieceBytes, digests.bytes)
            }
            result.damagedRanges = joinedRanges(damaged)
            let isWhole = damaged.isEmpty && digests.pieces.count == entry.pieces.count
            result.status = isWhole ? .verified : .mismatch
            if isWhole {
                result.actual = result.expected
                result.detail = "SHA-256 of all \(entry.pieces.count) pieces as expected"
            } else {
                result.actual = try FileDigests.of(file, kinds: .whole, pieceBytes: pieceBytes).whole?.description
                result.detail =
                    "SHA-256 differs in \(damaged.count) of \(entry.pieces.count) pieces of \(pieceBytes) bytes"
            }
        } else {
            result.actual = digests.whole?.description
            let isWhole = digests.whole == entry.sha256
            result.status = isWhole ? .verified : .mismatch
            result.detail = isWhole ? "SHA-256 as expected" : "SHA-256 differs; no piece digests are known"
        }
    }
}

extension Verifier.Level: Comparable {
    public static func < (left: Self, right: Self) -> Bool {
        (allCases.firstIndex(of: left) ?? 0) < (allCases.firstIndex(of: right) ?? 0)
    }
}

/// Joins ranges that touch.
func joinedRanges(_ ranges: [Range<Int>]) -> [Range<Int>] {
    var result: [Range<Int>] = []
    for range in ranges.sorted(by: { $0.lowerBound < $1.lowerBound }) where !range.isEmpty {
        if let last = result.last, range.lowerBound <= last.upperBound {
            result[result.count - 1] = last.lowerBound..<max(last.upperBound, range.upperBound)
        } else {
            result.append(range)
        }
    }
    return result
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
