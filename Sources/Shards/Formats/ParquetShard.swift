/// Parquet text shards (nanochat): the frame only. `PAR1` at both ends and a footer that fits.
///
/// Source: the Parquet format specification; reference `shards.md` 4.
enum ParquetShard: ShardFormat {
    static let id = "parquet"
    private static let magic = Array("PAR1".utf8)

    static func recognises(name: String, head: [UInt8]) -> Bool {
        name.hasSuffix(".parquet") || head.starts(with: magic)
    }

    static func header(of file: FileReader, head: [UInt8]) throws(ShardError) -> ShardHeader {
        guard head.starts(with: magic) else {
            throw .malformed(path: file.path, byte: 0, found: "no PAR1", expected: "the magic bytes PAR1")
        }
        let tail = try file.bytes(max(0, file.size - 8)..<file.size)
        guard file.size >= 12, Array(tail.suffix(4)) == magic else {
            throw .malformed(
                path: file.path,
                byte: max(0, file.size - 4),
                found: "no PAR1 at the end",
                expected: "the magic bytes PAR1; the file was probably cut short while downloading"
            )
        }
        let footer = tail.int32(at: 0)
        guard footer > 0, footer <= file.size - 12 else {
            throw .malformed(
                path: file.path,
                byte: file.size - 8,
                found: "a footer of \(footer) bytes",
                expected: "1 to \(file.size - 12)"
            )
        }
        return ShardHeader(format: id, tokens: nil, headerBytes: 0, tokenWidth: 1)
    }
}
