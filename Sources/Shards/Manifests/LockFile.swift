import Foundation

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

    private struct Shard: Codable {
        var name: String
        var bytes: Int
        var tokens: Int?
        var sha256: String
        var pieces: [String]?
        var sources: [String]?
    }

    static func parse(bytes: [UInt8], path: String) throws(ShardError) -> Manifest {
        let document = try decode(bytes: bytes, path: path)
        guard document.schema == schema else {
            throw .manifest(path: path, place: "schema", found: printable(document.schema), expected: schema)
        }
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
        return Manifest(path: path, form: "lock", pieceBytes: document.pieceBytes, entries: entries)
    }

    private static func decode(bytes: [UInt8], path: String) throws(ShardError) -> Document {
        do {
            return try JSONDecoder().decode(Document.self, from: Data(bytes))
        } catch DecodingError.keyNotFound(let key, let context) {
            let place = (context.codingPath + [key]).map(\.stringValue).joined(separator: ".")
            throw .manifest(path: path, place: place, found: "the key is missing", expected: "a \(schema) document")
        } catch DecodingError.typeMismatch(let type, let context), DecodingError.valueNotFound(let type, let context) {
            let place = context.codingPath.map(\.stringValue).joined(separator: ".")
            throw .manifest(path: path, place: place, found: "a value of another type", expected: "\(type)")
        } catch {
            throw .manifest(path: path, place: "JSON", found: "it cannot be parsed", expected: "a \(schema) document")
        }
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
        guard let digest = Digest256(hex: shard.sha256) else {
            throw .manifest(
                path: path,
                place: "\(place).sha256",
                found: printable(shard.sha256),
                expected: "64 hexadecimal digits"
            )
        }
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
        return ManifestEntry(
            name: shard.name,
            bytes: shard.bytes,
            tokens: shard.tokens,
            sha256: digest,
            pieces: pieces,
            sources: shard.sources ?? []
        )
    }

    /// The lock file's text. Entries without size and digest cannot be locked and are left out.
    public static func text(of manifest: Manifest) throws -> String {
        let shards = manifest.entries.compactMap { entry -> Shard? in
            guard let bytes = entry.bytes, let digest = entry.sha256 else { return nil }
            return Shard(
                name: entry.name,
                bytes: bytes,
                tokens: entry.tokens,
                sha256: digest.description,
                pieces: entry.pieces.isEmpty ? nil : entry.pieces.map(\.description),
                sources: entry.sources.isEmpty ? nil : entry.sources
            )
        }
        let document = Document(schema: schema, algorithm: "sha256", pieceBytes: manifest.pieceBytes, shards: shards)
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(document), as: UTF8.self) + "\n"
    }
}
