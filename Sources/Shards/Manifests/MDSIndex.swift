import Terms

/// `index.json` of a MosaicML Streaming (MDS) folder: sizes always, digests where the writer was asked for them.
///
/// Of a compressed shard the compressed file is what a folder holds and what is listed; where only the decompressed one lies
/// beside the index, as in a reader's own cache, that one is. Reference `manifests.md` 5.
enum MDSIndex {
    private struct Document: Decodable {
        var shards: [Shard]
    }

    private struct Shard: Decodable {
        // A compressed shard has both; a plain one has `zip_data: null`.
        var raw_data: File
        var zip_data: File?
    }

    private struct File: Decodable {
        var basename: String
        var bytes: Int
        var hashes: [String: String]?
    }

    static func parse(bytes: [UInt8], path: String) throws(ShardError) -> Manifest {
        let shards = try JSONManifests.decode(Document.self, bytes, path: path, as: "an MDS index").shards
        let folder = splitPath(path).folder
        var entries: [ManifestEntry] = []
        for (index, shard) in shards.enumerated() {
            var file = shard.zip_data ?? shard.raw_data
            if shard.zip_data != nil, ShardFolder.objection(to: file.basename) == nil,
                ShardFolder.objection(to: shard.raw_data.basename) == nil,
                !fileExists(folder + "/" + file.basename), fileExists(folder + "/" + shard.raw_data.basename)
            {
                file = shard.raw_data
            }
            entries.append(try entry(file, place: "shards[\(index)]", path: path))
        }
        return Manifest(path: path, form: .mds, entries: entries)
    }

    private static func entry(_ file: File, place: String, path: String) throws(ShardError) -> ManifestEntry {
        var entry = ManifestEntry(name: file.basename, bytes: file.bytes)
        var others: [String] = []
        for (name, text) in (file.hashes ?? [:]).sorted(by: { $0.key < $1.key }) {
            guard let algorithm = DigestAlgorithm(name: name), algorithm != .gitSHA1 else {
                others.append(name)
                continue
            }
            guard let digest = ContentDigest(algorithm, hex: text) else {
                throw .manifest(
                    path: path,
                    place: "\(place).hashes.\(printable(name))",
                    found: "\"\(printable(text))\"",
                    expected: "\(2 * algorithm.byteCount) hexadecimal digits"
                )
            }
            entry.add(digest)
        }
        if entry.strongest == nil, !others.isEmpty { entry.note = unsupported(others) }
        return entry
    }
}
