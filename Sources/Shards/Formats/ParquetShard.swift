import Terms

/// Parquet text shards (nanochat): `PAR1` at both ends, a footer that fits, row counts that add up, and column chunks
/// inside the file that do not overlap.
///
/// Source: the Parquet format specification; reference `shards.md` 4.
enum ParquetShard: ShardFormat {
    static let id = "parquet"

    static func recognises(_ shard: ShardCandidate) -> Bool {
        shard.name.hasSuffix(".parquet") || shard.head.starts(with: ParquetFooter.magic)
    }

    static func header(of shard: ShardCandidate) throws(ShardError) -> ShardHeader {
        let rows = try ParquetFile(shard.file).metadata.rows
        return ShardHeader(format: id, tokens: nil, headerBytes: 0, tokenWidth: 1, rows: rows)
    }

    static func tokens(of shard: ShardCandidate) throws(ShardError) -> TokenLayout? { nil }

    static func decode(_ shard: ShardCandidate) throws(ShardError) -> [ShardDefect] {
        try ParquetFile(shard.file).check(.values)
    }
}
