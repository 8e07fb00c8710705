/// A file that may be a shard: its name and first bytes decide what it is.
package struct ShardCandidate: Sendable {
    /// The open file.
    let file: FileReader
    /// The last part of its path.
    let name: String
    /// Its first 1024 bytes.
    let head: [UInt8]

    init(_ file: FileReader) throws(ShardError) {
        self.file = file
        name = String(file.path.split(separator: "/").last ?? "")
        head = try file.bytes(0..<1024)
    }

    /// The path of another file in the same folder.
    func sibling(_ name: String) -> String { String(file.path.dropLast(self.name.count)) + name }

    /// The error of a byte that cannot be right.
    func malformed(_ byte: Int, _ found: String, _ expected: String) -> ShardError {
        .malformed(path: file.path, byte: byte, found: found, expected: expected)
    }
}
