/// Parquet text shards (nanochat): `PAR1` at both ends, a footer that fits, row counts that add up, and column chunks
/// inside the file that do not overlap.
///
/// Source: the Parquet format specification; reference `shards.md` 4.
enum ParquetShard: ShardFormat {
    static let id = "parquet"
    private static let magic = Array("PAR1".utf8)

    static func recognises(name: String, head: [UInt8]) -> Bool {
        name.hasSuffix(".parquet") || head.starts(with: magic)
    }

    static func header(of file: FileReader, head: [UInt8]) throws(ShardError) -> ShardHeader {
        _ = try ParquetFile(file)
        return ShardHeader(format: id, tokens: nil, headerBytes: 0, tokenWidth: 1)
    }
}
