import Foundation

/// `SHA256SUMS` and its relatives: `<64 hex> [ *]<path>` a line, or BSD style `SHA256 (<path>) = <64 hex>`.
///
/// Blank lines, `#` comments, CRLF and `./` before names are accepted; reference `manifests.md` 2.
enum ChecksumList {
    static func parse(text: String, path: String) throws(ShardError) -> Manifest {
        var entries: [ManifestEntry] = []
        for (index, raw) in text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).enumerated() {
            let line = raw.trimming()
            if line.isEmpty || line.hasPrefix("#") { continue }
            guard let (hex, name) = bsd(line) ?? gnu(line) else {
                throw .manifest(
                    path: path,
                    place: "line \(index + 1)",
                    found: "\"\(printable(String(line.prefix(60))))\"",
                    expected: "a SHA-256 in 64 hexadecimal digits and a file name"
                )
            }
            guard let digest = Digest256(hex: hex) else {
                let known = [32: "an MD5", 40: "a SHA-1", 96: "a SHA-384", 128: "a SHA-512"][hex.count]
                throw .manifest(
                    path: path,
                    place: "line \(index + 1)",
                    found: known ?? "\(hex.count) hexadecimal digits",
                    expected: "a SHA-256 in 64 hexadecimal digits"
                )
            }
            let short = name.hasPrefix("./") ? String(name.dropFirst(2)) : name
            entries.append(ManifestEntry(name: short, sha256: digest))
        }
        return Manifest(path: path, form: "checksums", entries: entries)
    }

    private static func bsd(_ line: String) -> (String, String)? {
        guard line.hasPrefix("SHA256 ("), let close = line.range(of: ") = ", options: .backwards) else { return nil }
        return (
            String(line[close.upperBound...]), String(line[line.index(line.startIndex, offsetBy: 8)..<close.lowerBound])
        )
    }

    private static func gnu(_ line: String) -> (String, String)? {
        var line = line[...]
        let isEscaped = line.first == "\\"
        if isEscaped { line = line.dropFirst() }
        guard let space = line.firstIndex(of: " ") else { return nil }
        let hex = line[..<space]
        guard hex.count >= 32, hex.allSatisfy(\.isHexDigit) else { return nil }
        var name = line[line.index(after: space)...]
        if name.first == " " || name.first == "*" { name = name.dropFirst() }
        guard !name.isEmpty else { return nil }
        return (String(hex), String(name))
    }
}

extension Substring {
    func trimming() -> String {
        var text = self
        while let last = text.last, last.isWhitespace { text.removeLast() }
        return String(text.drop { $0.isWhitespace })
    }
}
