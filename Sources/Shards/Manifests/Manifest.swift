/// What is known of one shard before looking at it.
public struct ManifestEntry: Sendable, Equatable {
    /// The path relative to the shard folder.
    public var name: String
    /// The size in bytes.
    public var bytes: Int?
    /// The number of tokens.
    public var tokens: Int?
    /// The digest of the whole file.
    public var sha256: Digest256?
    /// The digests of its pieces.
    public var pieces: [Digest256]
    /// Where it can be downloaded, when the manifest says so.
    public var sources: [String]

    /// The source that the first of ``sources`` belongs to: its address without the shard's name.
    public func folderOfSource(relativeTo base: String) throws(ShardError) -> ShardSource? {
        guard let address = sources.first else { return nil }
        let folder = address.hasSuffix(name) ? String(address.dropLast(name.count)) : address
        return try ShardSource(folder, relativeTo: base)
    }

    /// Creates an entry.
    public init(
        name: String,
        bytes: Int? = nil,
        tokens: Int? = nil,
        sha256: Digest256? = nil,
        pieces: [Digest256] = [],
        sources: [String] = []
    ) {
        self.name = name
        self.bytes = bytes
        self.tokens = tokens
        self.sha256 = sha256
        self.pieces = pieces
        self.sources = sources
    }
}

/// A list of shards and what proves them.
public struct Manifest: Sendable, Equatable {
    /// The manifest's path, for messages.
    public var path: String
    /// Its form: `lock`, `checksums`, `csv`, or `folder` when there is none.
    public var form: String
    /// The size of the pieces, where entries have piece digests.
    public var pieceBytes: Int
    /// The shards, in the order of the manifest.
    public var entries: [ManifestEntry]

    /// 8 MiB: fine enough to repair a 100 MB shard cheaply, coarse enough that a terabyte's digests fit in 10 MB of JSON.
    public static let standardPieceBytes = 8 << 20

    /// The largest size in bytes, or number of tokens, that an entry, and all entries together, may claim: 2^50 and 2^60.
    static let largestShard = 1 << 50
    static let largestTotal = 1 << 60

    /// Creates a manifest.
    public init(
        path: String,
        form: String,
        pieceBytes: Int = Manifest.standardPieceBytes,
        entries: [ManifestEntry]
    ) {
        self.path = path
        self.form = form
        self.pieceBytes = pieceBytes
        self.entries = entries
    }

    /// Reads a manifest of any supported form, recognised by its content.
    public static func read(path: String) throws(ShardError) -> Manifest {
        let file = try FileReader(path: path)
        guard file.size <= 1 << 30 else {
            throw .manifest(
                path: path,
                place: "size",
                found: "\(file.size) bytes",
                expected: "a manifest of at most 1 GiB"
            )
        }
        return try parse(bytes: try file.bytes(0..<file.size), path: path)
    }

    /// Reads a manifest from memory.
    public static func parse(bytes: [UInt8], path: String) throws(ShardError) -> Manifest {
        var body = bytes[...]
        if body.starts(with: [0xef, 0xbb, 0xbf]) { body = body.dropFirst(3) }
        let text = String(decoding: body, as: UTF8.self)
        let first = text.unicodeScalars.first { !$0.properties.isWhitespace }
        let manifest: Manifest
        if first == "{" {
            manifest = try LockFile.parse(bytes: Array(body), path: path)
        } else if CSVManifest.recognises(text) {
            manifest = try CSVManifest.parse(text: text, path: path)
        } else {
            manifest = try ChecksumList.parse(text: text, path: path)
        }
        try manifest.check()
        return manifest
    }

    /// Refuses names that leave the folder, and two entries for one name.
    private func check() throws(ShardError) {
        guard !entries.isEmpty else {
            throw .manifest(path: path, place: "whole file", found: "no shard listed", expected: "at least one")
        }
        var seen = Set<String>()
        var bytes = 0
        var tokens = 0
        for entry in entries {
            // Each is at most 2^50, so that the sums cannot overflow.
            bytes += entry.bytes ?? 0
            tokens += entry.tokens ?? 0
            guard max(bytes, tokens) <= Self.largestTotal else {
                throw .manifest(
                    path: path,
                    place: printable(entry.name),
                    found: "the sizes up to here add up to more than \(Self.largestTotal)",
                    expected: "sizes that are possible"
                )
            }
            if let reason = ShardFolder.objection(to: entry.name) {
                throw .unsafeName(manifest: path, name: entry.name, reason: reason)
            }
            guard seen.insert(entry.name).inserted else {
                throw .manifest(
                    path: path,
                    place: printable(entry.name),
                    found: "the name is listed twice",
                    expected: "one entry a shard"
                )
            }
        }
    }

    /// One of equal parts of the entries: every `parts`-th one, the first being number 1.
    /// - Returns: Nothing for a part that does not exist.
    public func part(_ number: Int, of parts: Int) -> [ManifestEntry] {
        guard parts >= 1, (1...parts).contains(number) else { return [] }
        return entries.enumerated().filter { $0.offset % parts == number - 1 }.map(\.element)
    }

    /// The bytes of some shards as far as they are known, for progress; never more than the largest number.
    public static func bytes(of entries: [ManifestEntry]) -> Int {
        saturatingSum(entries.lazy.compactMap(\.bytes))
    }

    /// The entries that feed training: those whose names do not call them validation data, sorted by name as trainers
    /// list them.
    public var trainingEntries: [ManifestEntry] {
        entries.filter { !Self.isValidation($0.name) }.sorted {
            Array($0.name.utf8).lexicographicallyPrecedes(Array($1.name.utf8))
        }
    }

    /// Whether a shard's name calls it validation data: a part of it is `val`, `valid`, `validation`, `test` or `eval`.
    public static func isValidation(_ name: String) -> Bool {
        let base = name.split(separator: "/").last ?? ""
        let parts = base.lowercased().split { !$0.isLetter }
        return parts.contains { ["val", "valid", "validation", "test", "eval"].contains($0) }
    }
}
