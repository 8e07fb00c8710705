import Terms

/// What `rclone lsjson --hash -R` prints. What `rclone hashsum` prints is a checksum list.
enum RcloneListing {
    private struct Item: Decodable {
        var Path: String
        var Size: Int?
        var IsDir: Bool?
        var Hashes: [String: String]?
    }

    static func parse(bytes: [UInt8], path: String) throws(ShardError) -> Manifest {
        let items = try JSONManifests.decode([Item].self, bytes, path: path, as: "a listing of rclone lsjson")
        var entries: [ManifestEntry] = []
        for item in items where item.IsDir != true {
            // rclone writes -1 where it does not know.
            var entry = ManifestEntry(name: item.Path, bytes: item.Size.flatMap { $0 < 0 ? nil : $0 })
            var others: [String] = []
            for (name, text) in (item.Hashes ?? [:]).sorted(by: { $0.key < $1.key }) where !text.isEmpty {
                guard let algorithm = DigestAlgorithm(name: name) else {
                    others.append(name)
                    continue
                }
                guard let digest = ContentDigest(algorithm, hex: text) else {
                    throw .manifest(
                        path: path,
                        place: printable(item.Path) + ", Hashes.\(printable(name))",
                        found: "\"\(printable(text))\"",
                        expected: "\(2 * algorithm.byteCount) hexadecimal digits"
                    )
                }
                entry.add(digest)
            }
            if entry.strongest == nil, !others.isEmpty { entry.note = unsupported(others) }
            entries.append(entry)
        }
        return Manifest(path: path, form: .rclone, entries: entries)
    }
}

/// What is said of digests that cannot be recomputed here.
func unsupported(_ names: [String]) -> String {
    "the manifest has only \(names.map { printable($0) }.joined(separator: ", ")), which cannot be computed here"
}
