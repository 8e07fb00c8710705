import Foundation
import Terms

/// A list of shards and what proves them.
public struct Manifest: Sendable, Equatable {
    /// The forms of manifests.
    public enum Form: Sendable {
        case lock, checksums, csv, mds, litdata, dvc, metalink, rclone
        /// A listing of a Hugging Face repository.
        case hubTree
        /// What a Hugging Face cache, or the metadata of `--local-dir`, says of its files.
        case hubCache, hubMetadata
        /// Git LFS pointers that stand for the shards.
        case lfsPointers
        /// There is no manifest: the files of a folder, which nothing proves.
        case folder
    }

    /// The manifest's path, for messages.
    public var path: String
    /// Its form.
    public var form: Form
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
        form: Form,
        pieceBytes: Int = Manifest.standardPieceBytes,
        entries: [ManifestEntry]
    ) {
        self.path = path
        self.form = form
        self.pieceBytes = pieceBytes
        self.entries = entries
    }

    /// The size of an entry's pieces.
    public func pieceBytes(of entry: ManifestEntry) -> Int { max(1, entry.pieceBytes ?? pieceBytes) }

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
