import Foundation
import Terms

/// Tells the JSON forms of manifests apart and reads them.
enum JSONManifests {
    /// The keys of an object, whatever their values.
    private struct Keys: Decodable {
        struct Name: CodingKey {
            var stringValue: String
            var intValue: Int? { nil }
            init?(stringValue: String) { self.stringValue = stringValue }
            init?(intValue: Int) { nil }
        }
        var names: Set<String>

        init(from decoder: any Decoder) throws {
            names = Set(try decoder.container(keyedBy: Name.self).allKeys.map(\.stringValue))
        }
    }

    static func parse(object bytes: [UInt8], path: String) throws(ShardError) -> Manifest {
        // The lock file is the most common, and may be large: not parsed twice.
        if contains(bytes.prefix(4096), Array("\"trainaudit.lock/".utf8)) {
            return try LockFile.parse(bytes: bytes, path: path)
        }
        let keys = try decode(Keys.self, bytes, path: path, as: "a manifest").names
        if keys.contains("schema") { return try LockFile.parse(bytes: bytes, path: path) }
        if keys.contains("chunks") { return try LitDataIndex.parse(bytes: bytes, path: path) }
        if keys.contains("shards") { return try MDSIndex.parse(bytes: bytes, path: path) }
        if keys.contains("siblings") { return try HubTree.parse(repository: bytes, path: path) }
        throw .manifest(
            path: path,
            place: "JSON",
            found: "an object with the keys \(printable(keys.sorted().prefix(6).joined(separator: ", ")))",
            expected:
                "a lock file (schema), an MDS index (shards), a litdata index (chunks) or a Hub listing (siblings)"
        )
    }

    static func parse(array bytes: [UInt8], path: String) throws(ShardError) -> Manifest {
        let first = try decode([Keys].self, bytes, path: path, as: "a listing").first?.names ?? []
        if first.contains("Path") { return try RcloneListing.parse(bytes: bytes, path: path) }
        if first.contains("relpath") { return try DVCManifest.parse(folderObject: bytes, path: path) }
        if first.contains("path") || first.isEmpty { return try HubTree.parse(tree: bytes, path: path) }
        throw .manifest(
            path: path,
            place: "[0]",
            found: "an object with the keys \(printable(first.sorted().prefix(6).joined(separator: ", ")))",
            expected: "a tree listing of the Hub (path, oid), of rclone lsjson (Path, Hashes) or of DVC (relpath, md5)"
        )
    }

    /// Decodes JSON; errors name the key.
    static func decode<Value: Decodable>(
        _ type: Value.Type,
        _ bytes: [UInt8],
        path: String,
        as form: String
    ) throws(ShardError) -> Value {
        func place(_ keys: [any CodingKey]) -> String {
            let text = keys.map { $0.intValue.map { "[\($0)]" } ?? ".\($0.stringValue)" }.joined()
            return text.isEmpty ? "JSON" : printable(text.hasPrefix(".") ? String(text.dropFirst()) : text)
        }
        do {
            return try JSONDecoder().decode(type, from: Data(bytes))
        } catch DecodingError.keyNotFound(let key, let context) {
            throw .manifest(
                path: path,
                place: place(context.codingPath + [key]),
                found: "the key is missing",
                expected: form
            )
        } catch DecodingError.typeMismatch(let type, let context), DecodingError.valueNotFound(let type, let context) {
            throw .manifest(
                path: path,
                place: place(context.codingPath),
                found: "a value of another type",
                expected: "\(type), for \(form)"
            )
        } catch DecodingError.dataCorrupted(let context) where !context.codingPath.isEmpty {
            throw .manifest(
                path: path,
                place: place(context.codingPath),
                found: "a value that cannot be",
                expected: form
            )
        } catch {
            throw .manifest(path: path, place: "JSON", found: "it cannot be parsed", expected: form)
        }
    }

    private static func contains(_ bytes: ArraySlice<UInt8>, _ wanted: [UInt8]) -> Bool {
        bytes.indices.contains { bytes[$0...].starts(with: wanted) }
    }
}
