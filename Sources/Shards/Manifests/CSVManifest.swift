import SwiftCSV
import Terms

/// A CSV table with a header: a name column, and any of digests, a size and a token count.
enum CSVManifest {
    private static let names = ["name", "file", "filename", "path", "shard"]
    private static let digests = ["sha256", "digest", "hash", "checksum", "sha512", "sha384", "sha1", "md5"]
    /// Columns of digests that cannot be computed here.
    private static let others = ["blake3", "blake2b", "sha224", "sha3-256", "xxh64", "xxh128", "crc32", "crc32c"]
    private static let sizes = ["bytes", "size"]

    static func recognises(_ text: String) -> Bool {
        guard let line = text.split(whereSeparator: \.isNewline).first, line.contains(",") else { return false }
        let columns = columns(of: line)
        return names.contains(where: columns.contains)
    }

    private static func columns(of line: Substring) -> [String] {
        line.split(separator: ",", omittingEmptySubsequences: false).map {
            $0.trimming().lowercased().filter { $0 != "\"" }
        }
    }

    static func parse(text: String, path: String) throws(ShardError) -> Manifest {
        let table: CSV<Named>
        do {
            table = try CSV<Named>(string: text, delimiter: .comma)
        } catch {
            throw .manifest(path: path, place: "CSV", found: "it cannot be parsed", expected: "a comma-separated table")
        }
        func column(_ wanted: [String]) -> String? {
            wanted.lazy.compactMap { name in table.header.first { $0.trimmed.lowercased() == name } }.first
        }
        guard let name = column(names) else {
            throw .manifest(
                path: path,
                place: "line 1",
                found: "no name column",
                expected: names.joined(separator: ", ")
            )
        }
        let columns = digests.compactMap { wanted in table.header.first { $0.trimmed.lowercased() == wanted } }
        let unknown = others.filter { other in table.header.contains { $0.trimmed.lowercased() == other } }
        let size = column(sizes)
        let tokens = column(["tokens"])
        var entries: [ManifestEntry] = []
        for (index, row) in table.rows.enumerated() {
            let place = "line \(index + 2)"
            var entry = ManifestEntry(name: (row[name] ?? "").trimmed)
            for column in columns {
                guard let text = row[column]?.trimmed, !text.isEmpty else { continue }
                entry.add(try digest(text, column: column, place: place, path: path))
            }
            if entry.strongest == nil, !unknown.isEmpty { entry.note = unsupported(unknown) }
            entry.bytes = try number(row, size, place: place, path: path)
            entry.tokens = try number(row, tokens, place: place, path: path)
            entries.append(entry)
        }
        return Manifest(path: path, form: .csv, entries: entries)
    }

    /// A digest of the algorithm that its column names, else of that which its length tells.
    private static func digest(
        _ text: String,
        column: String,
        place: String,
        path: String
    ) throws(ShardError) -> ContentDigest {
        let length = DigestAlgorithm(byteCount: text.utf8.count / 2)
        guard let algorithm = DigestAlgorithm(name: column.trimmed) ?? length,
            let digest = ContentDigest(algorithm, hex: text)
        else {
            let named = DigestAlgorithm(name: column.trimmed) ?? .sha256
            throw .manifest(
                path: path,
                place: "\(place), \(column)",
                found: printable(text),
                expected: "\(2 * named.byteCount) hexadecimal digits"
            )
        }
        return digest
    }

    private static func number(
        _ row: [String: String],
        _ column: String?,
        place: String,
        path: String
    ) throws(ShardError) -> Int? {
        guard let column, let text = row[column]?.trimmed, !text.isEmpty else { return nil }
        guard let value = Int(text), value >= 0 else {
            throw .manifest(
                path: path,
                place: "\(place), \(column)",
                found: printable(text),
                expected: "a whole number"
            )
        }
        guard value <= Manifest.largestShard else {
            throw .manifest(
                path: path,
                place: "\(place), \(column)",
                found: printable(text),
                expected: "at most \(Manifest.largestShard) (2^50)"
            )
        }
        return value
    }
}

extension String {
    var trimmed: String { self[...].trimming() }
}
