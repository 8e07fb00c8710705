import Terms

/// The table at the front of MDS shards and litdata chunks: a count, and one offset more than that, all uint32.
enum OffsetTable {
    /// Reads and checks it: offsets ascend from behind the table to the end of the file.
    /// - Returns: The offsets, and the byte behind the table.
    static func read(_ bytes: any ShardBytes) throws(ShardError) -> (offsets: [UInt32], end: Int) {
        func malformed(_ byte: Int, _ found: String, _ expected: String) -> ShardError {
            .malformed(path: bytes.path, byte: byte, found: found, expected: expected)
        }
        let head = try bytes.bytes(0..<4)
        guard let count = head.size(at: 0, width: 4) else {
            throw malformed(head.count, "the file ends inside its first number", "a count of samples")
        }
        let end = 4 * (count + 2)
        guard end <= bytes.size else {
            throw malformed(0, "\(count) samples", "at most \(max(0, bytes.size / 4 - 2)) in \(bytes.size) bytes")
        }
        let table = try bytes.bytes(4..<end)
        let offsets = stride(from: 0, to: table.count, by: 4).map {
            UInt32(truncatingIfNeeded: table.unsigned(at: $0, width: 4) ?? 0)
        }
        guard offsets.count == count + 1 else { throw malformed(4, "a table cut short", "\(count + 1) offsets") }
        var last = end
        for (index, offset) in offsets.enumerated() {
            guard offset >= last, offset <= bytes.size else {
                throw malformed(4 + 4 * index, "the offset \(offset)", "\(last) to \(bytes.size)")
            }
            last = Int(offset)
        }
        guard last == bytes.size else {
            throw malformed(4 * (count + 1), "samples that end at byte \(last)", "\(bytes.size), the end of the file")
        }
        return (offsets, end)
    }
}
