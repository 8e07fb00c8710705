import Foundation
import Terms

/// `shards.lock.json`: our own manifest, with a digest of every piece besides that of the whole file, so that damage is a
/// byte range and not a whole shard.
public enum LockFile {
    /// The schema this version writes and reads.
    public static let schema = "trainaudit.lock/1"

    private struct Document: Codable {
        var schema: String
        var algorithm: String
        var pieceBytes: Int
        var shards: [Shard]
    }

    private struct Schema: Decodable {
        var schema: String
    }

    private struct Shard: Codable {
        var name: String
        var bytes: Int
        var tokens: Int?
        var sha256: String?
        /// Other digests by algorithm, for shards whose SHA-256 nobody has computed yet.
        var digests: [String: String]?
        var pieces: [String]?
        var sources: [String]?
    }

    static func parse(bytes: [UInt8], path: String) throws(ShardError) -> Manifest {
        let document: Document
        do throws(ShardError) {
            document = try JSONManifests.decode(Document.self, bytes, path: path, as: "a \(schema) document")
        } catch {
            // Of another version other keys may be missing.
            let other = try? JSONManifests.decode(Schema.self, bytes, path: path, as: "a lock file").schema
            throw other.flatMap { wrongSchema($0, path: path) } ?? error
        }
        if let error = wrongSchema(document.schema, path: path) { throw error }
        guard document.algorithm == "sha256" else {
            throw .manifest(path: path, place: "algorithm", found: printable(document.algorithm), expected: "sha256")
        }
        guard (1 << 10...1 << 30).contains(document.pieceBytes) else {
            throw .manifest(
                path: path,
                place: "pieceBytes",
                found: "\(document.pieceBytes)",
                expected: "1 KiB to 1 GiB"
            )
        }
        var entries: [ManifestEntry] = []
        for (index, shard) in document.shards.enumerated() {
            entries.append(try entry(shard, place: "shards[\(index)]", path: path, pieceBytes: document.pieceBytes))
        }
        return Manifest(path: path, form: .lock, pieceBytes: document.pieceBytes, entries: entries)
    }

    private static func wrongSchema(_ found: String, path: String) -> ShardError? {
        found == schema
            ? nil
            : .manifest(
                path: path,
                place: "schema",
                found: printable(found),
                expected: "\(schema), which is all that this version reads"
            )
    }

    private static func entry(
        _ shard: Shard,
        place: String,
        path: String,
        pieceBytes: Int
    ) throws(ShardError) -> ManifestEntry {
        for (key, value) in [("bytes", shard.bytes), ("tokens", shard.tokens ?? 0)] {
            guard (0...Manifest.largestShard).contains(value) else {
                throw .manifest(
                    path: path,
                    place: "\(place).\(key)",
                    found: "\(value)",
                    expected: "0 to \(Manifest.largestShard) (2^50)"
                )
            }
        }
        let digests = try digests(shard, place: place, path: path)
        var pieces: [Digest256] = []
        for (index, text) in (shard.pieces ?? []).enumerated() {
            guard let piece = Digest256(hex: text) else {
                throw .manifest(
                    path: path,
                    place: "\(place).pieces[\(index)]",
                    found: printable(text),
                    expected: "64 hexadecimal digits"
                )
            }
            pieces.append(piece)
        }
        let count = shard.bytes / pieceBytes + (shard.bytes % pieceBytes > 0 ? 1 : 0)
        guard pieces.isEmpty || pieces.count == count else {
            throw .manifest(
                path: path,
                place: "\(place).pieces",
                found: "\(pieces.count) digests",
                expected: "\(count) for \(shard.bytes) bytes in pieces of \(pieceBytes)"
            )
        }
        var entry = ManifestEntry(
            name: shard.name,
            bytes: shard.bytes,
            tokens: shard.tokens,
            pieces: pieces,
            sources: shard.sources ?? []
        )
        for digest in digests { entry.add(digest) }
        return entry
    }

    private static func digests(_ shard: Shard, place: String, path: String) throws(ShardError) -> [ContentDigest] {
        var texts: [(place: String, algorithm: DigestAlgorithm, text: String)] = []
        if let text = shard.sha256 { texts.append(("\(place).sha256", .sha256, text)) }
        for (name, text) in (shard.digests ?? [:]).sorted(by: { $0.key < $1.key }) {
            guard let algorithm = DigestAlgorithm(rawValue: name), algorithm != .sha256 else {
                throw .manifest(
                    path: path,
                    place: "\(place).digests",
                    found: printable(name),
                    expected: "md5, sha1, git-sha1, sha384 or sha512"
                )
            }
            texts.append(("\(place).digests.\(name)", algorithm, text))
        }
        guard !texts.isEmpty else {
            throw .manifest(path: path, place: place, found: "no digest", expected: "sha256, or digests")
        }
        var result: [ContentDigest] = []
        for (place, algorithm, text) in texts {
            guard let digest = ContentDigest(algorithm, hex: text) else {
                throw .manifest(
                    path: path,
                    place: place,
                    found: printable(text),
                    expected: "\(2 * algorithm.byteCount) hexadecimal digits"
                )
            }
            result.append(digest)
        }
        return result
    }

    /// The lock file's text. Entries without size and digest cannot be locked and are left out.
    public static func text(of manifest: Manifest) throws -> String {
        let shards = manifest.entries.compactMap { entry -> Shard? in
            guard let bytes = entry.bytes, entry.strongest != nil else { return nil }
            let others = entry.digests.map { ($0.algorithm.rawValue, $0.hex) }
            // Pieces of another size or algorithm cannot be written, and the whole file's digest proves enough.
            let isOurs = manifest.pieceBytes(of: entry) == manifest.pieceBytes
            let pieces = isOurs ? entry.pieces.filter { $0.algorithm == .sha256 } : []
            return Shard(
                name: entry.name,
                bytes: bytes,
                tokens: entry.tokens,
                sha256: entry.sha256?.description,
                digests: others.isEmpty ? nil : Dictionary(others) { first, _ in first },
                pieces: pieces.isEmpty ? nil : pieces.map(\.hex),
                sources: entry.sources.isEmpty ? nil : entry.sources
            )
        }
        let document = Document(schema: schema, algorithm: "sha256", pieceBytes: manifest.pieceBytes, shards: shards)
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(document), as: UTF8.self) + "\n"
    }
}
