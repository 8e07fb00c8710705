import Foundation
import Terms

/// `SHA256SUMS` and its relatives: `<hex> [ *]<path>` a line, BSD style `SHA256 (<path>) = <hex>`, and what `rclone hashsum`
/// prints, in base64 too. The algorithm follows from the length of the digest.
///
/// Blank lines, `#` comments, CRLF and `./` before names are accepted; reference `manifests.md` 2 and 3. Of several digests of
/// one file all are kept when they are of different algorithms.
enum ChecksumList {
    static func parse(bytes: ArraySlice<UInt8>, path: String) throws(ShardError) -> Manifest {
        var entries: [ManifestEntry] = []
        // By bytes: Swift takes two forms of one letter for equal.
        var index: [[UInt8]: Int] = [:]
        var number = 0
        for raw in bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false) {
            number += 1
            guard !raw.isEmpty else { continue }
            guard let text = String(validating: raw, as: UTF8.self) else {
                throw .manifest(
                    path: path,
                    place: "line \(number)",
                    found: "bytes that are not UTF-8",
                    expected: expected + "; to check shards without a list, name their folder"
                )
            }
            let line = text.trimmed
            if line.isEmpty || line.hasPrefix("#") { continue }
            let place = "line \(number)"
            let (digest, name) = try entry(line, place: place, path: path)
            let key = Array(name.utf8)
            guard let old = index[key] else {
                index[key] = entries.count
                var entry = ManifestEntry(name: name)
                entry.add(digest)
                entries.append(entry)
                continue
            }
            let known = (entries[old].sha256.map { [ContentDigest($0)] } ?? []) + entries[old].digests
            guard !known.contains(where: { $0.algorithm == digest.algorithm }) else {
                throw .manifest(
                    path: path,
                    place: place,
                    found: "\(printable(name)) is listed twice",
                    expected: "one \(digest.algorithm.title) a shard"
                )
            }
            entries[old].add(digest)
        }
        return Manifest(path: path, form: .checksums, entries: entries)
    }

    private static let expected = "a digest (MD5, SHA-1, SHA-256, SHA-384 or SHA-512) and a file name"

    private static func entry(
        _ line: String,
        place: String,
        path: String
    ) throws(ShardError) -> (ContentDigest, String) {
        func refused(_ found: String, _ wanted: String = expected) -> ShardError {
            .manifest(path: path, place: place, found: found, expected: wanted)
        }
        if let (tag, name, hex) = bsd(line) {
            guard let algorithm = DigestAlgorithm(name: tag) else {
                throw refused("\(printable(tag)), which is not supported")
            }
            guard let digest = ContentDigest(algorithm, hex: hex) else {
                throw refused(
                    "\"\(printable(String(hex.prefix(80))))\"",
                    "\(algorithm.title) in \(2 * algorithm.byteCount) hexadecimal digits"
                )
            }
            return (digest, short(name))
        }
        // The lines themselves do not say it, and BLAKE3 has digests as long as SHA-256.
        if let other = DigestAlgorithm.unsupported(inName: splitPath(path).name) {
            throw refused("a list of \(other) by its own name, which is not supported")
        }
        guard let (text, name) = gnu(line) else { throw refused("\"\(printable(String(line.prefix(60))))\"") }
        guard let bytes = hexBytes(text.utf8) ?? base64(text) else {
            throw refused("\"\(printable(String(text.prefix(80))))\"")
        }
        guard let algorithm = DigestAlgorithm(byteCount: bytes.count),
            let digest = ContentDigest(algorithm, bytes: bytes)
        else {
            let name = bytes.count == 28 ? ", as SHA-224 has," : ","
            throw refused("a digest of \(8 * bytes.count) bits\(name) which is not supported")
        }
        return (digest, short(name))
    }

    private static func short(_ name: String) -> String { name.hasPrefix("./") ? String(name.dropFirst(2)) : name }

    private static func bsd(_ line: String) -> (tag: String, name: String, hex: String)? {
        guard let open = line.range(of: " ("), let close = line.range(of: ") = ", options: .backwards),
            open.upperBound <= close.lowerBound, !line[..<open.lowerBound].contains(" ")
        else { return nil }
        let tag = line[..<open.lowerBound]
        guard tag.utf8.count <= 12, tag.utf8.contains(where: { $0 > UInt8(ascii: "9") }) else { return nil }
        return (String(tag), String(line[open.upperBound..<close.lowerBound]), String(line[close.upperBound...]))
    }

    private static func gnu(_ line: String) -> (digest: String, name: String)? {
        var body = line[...].utf8
        let isEscaped = body.first == UInt8(ascii: "\\")
        if isEscaped { body = body.dropFirst() }
        guard let space = body.firstIndex(of: UInt8(ascii: " ")), body.distance(from: body.startIndex, to: space) >= 8
        else { return nil }
        var name = body[body.index(after: space)...]
        if name.first == UInt8(ascii: " ") || name.first == UInt8(ascii: "*") { name = name.dropFirst() }
        guard !name.isEmpty else { return nil }
        let text = String(Substring(name))
        return (String(Substring(body[..<space])), isEscaped ? unescaped(text) : text)
    }

    /// A name as `sha256sum` escapes it, where the line begins with a backslash.
    private static func unescaped(_ name: String) -> String {
        var result = ""
        var isEscape = false
        for character in name.unicodeScalars {
            if isEscape {
                result.unicodeScalars.append(character == "n" ? "\n" : character == "r" ? "\r" : character)
                isEscape = false
            } else if character == "\\" {
                isEscape = true
            } else {
                result.unicodeScalars.append(character)
            }
        }
        return result
    }

    /// Base64 of a whole digest; shorter texts are words.
    private static func base64(_ text: String) -> [UInt8]? {
        guard text.utf8.count >= 24, text.utf8.count % 4 == 0 else { return nil }
        return Data(base64Encoded: text).map { Array($0) }
    }

    /// The text of a `SHA256SUMS` file. Entries without a SHA-256 are left out.
    static func text(of manifest: Manifest) -> String {
        manifest.entries.compactMap { entry in
            entry.sha256.map { "\($0)  \(entry.name)\n" }
        }.joined()
    }
}

extension Manifest {
    /// The manifest as `SHA256SUMS`, for `sha256sum -c` and its relatives; entries without a SHA-256 are left out.
    public var checksumText: String { ChecksumList.text(of: self) }
}

extension Substring {
    func trimming() -> String {
        var text = self
        while let last = text.last, last.isWhitespace { text.removeLast() }
        return String(text.drop { $0.isWhitespace })
    }
}
