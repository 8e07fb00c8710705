import Terms

/// A listing of a Hugging Face repository: the answer of its tree API, saved, or `siblings` of the repository's description.
///
/// A large file has the SHA-256 of its content in `lfs`; its own `oid` is then that of the pointer. A small file has the SHA-1
/// by which git names it. Reference `manifests.md` 4.
enum HubTree {
    struct LFS: Decodable {
        var oid: String?
        var sha256: String?
        var size: Int?
    }

    struct Node: Decodable {
        var type: String?
        var path: String
        var oid: String?
        var size: Int?
        var lfs: LFS?
    }

    private struct Repository: Decodable {
        struct Sibling: Decodable {
            var rfilename: String
            var blobId: String?
            var size: Int?
            var lfs: LFS?
        }
        var siblings: [Sibling]
    }

    static func parse(tree bytes: [UInt8], path: String) throws(ShardError) -> Manifest {
        let nodes = try JSONManifests.decode([Node].self, bytes, path: path, as: "a tree listing of the Hub")
        return Manifest(path: path, form: .hubTree, entries: try entries(nodes, path: path))
    }

    static func parse(repository bytes: [UInt8], path: String) throws(ShardError) -> Manifest {
        let siblings = try JSONManifests.decode(
            Repository.self,
            bytes,
            path: path,
            as: "a description of a Hub repository"
        ).siblings
        let nodes = siblings.map {
            Node(type: "file", path: $0.rfilename, oid: $0.blobId, size: $0.size, lfs: $0.lfs)
        }
        return Manifest(path: path, form: .hubTree, entries: try entries(nodes, path: path))
    }

    /// The files of a listing; hidden ones (`.gitattributes`) are the repository's own and left out.
    static func entries(_ nodes: [Node], path: String) throws(ShardError) -> [ManifestEntry] {
        var result: [ManifestEntry] = []
        for node in nodes where node.type != "directory" {
            // A name that is not safe is not passed over but refused, later.
            if node.path.hasPrefix("."), ShardFolder.objection(to: node.path) == nil { continue }
            var entry = ManifestEntry(name: node.path, bytes: node.lfs?.size ?? node.size)
            if let lfs = node.lfs {
                let text = lfs.sha256 ?? lfs.oid ?? ""
                let hex = text.hasPrefix("sha256:") ? text.dropFirst(7) : text[...]
                guard let digest = Digest256(hex: hex) else {
                    throw .manifest(
                        path: path,
                        place: printable(node.path) + ", lfs.oid",
                        found: "\"\(printable(text))\"",
                        expected: "a SHA-256 in 64 hexadecimal digits"
                    )
                }
                entry.sha256 = digest
            } else if let oid = node.oid {
                guard let digest = ContentDigest(.gitSHA1, hex: oid) else {
                    throw .manifest(
                        path: path,
                        place: printable(node.path) + ", oid",
                        found: "\"\(printable(oid))\"",
                        expected: "a git SHA-1 in 40 hexadecimal digits"
                    )
                }
                entry.digests = [digest]
            }
            result.append(entry)
        }
        return result
    }
}
