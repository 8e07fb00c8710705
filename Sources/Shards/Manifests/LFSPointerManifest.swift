/// A Git LFS pointer: a text of three lines with the SHA-256 and the size of the file it stands for.
///
/// A clone without the content is therefore a manifest. Reference `manifests.md` 4.
enum LFSPointerManifest {
    /// A pointer is never larger.
    static let largest = 1024

    static func entry(bytes: [UInt8], path: String, name: String) throws(ShardError) -> ManifestEntry {
        var digest: Digest256?
        var size: Int?
        for line in String(decoding: bytes.prefix(largest), as: UTF8.self).split(whereSeparator: \.isNewline) {
            if line.hasPrefix("oid sha256:") { digest = Digest256(hex: line.dropFirst(11)) }
            if line.hasPrefix("size ") { size = Int(line.dropFirst(5)) }
        }
        guard let digest, let size, size >= 0, bytes.count <= largest else {
            throw .manifest(
                path: path,
                place: "pointer",
                found: "no SHA-256 or no size in it",
                expected: "a Git LFS pointer with `oid sha256:` and `size`"
            )
        }
        return ManifestEntry(name: name, bytes: size, sha256: digest)
    }

    /// What a file points to; `nil` when it is no pointer.
    static func entry(path: String, name: String) -> ManifestEntry? {
        guard let size = fileSize(path), (1...largest).contains(size), let file = try? FileReader(path: path),
            let bytes = try? file.bytes(0..<file.size), bytes.starts(with: LFSPointer.mark)
        else { return nil }
        return try? entry(bytes: bytes, path: path, name: name)
    }
}
