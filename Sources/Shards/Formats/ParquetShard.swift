import Parquet
import Terms

/// Parquet text shards (nanochat): `PAR1` at both ends, a footer that fits, row counts that add up, and column chunks
/// inside the file that do not overlap.
///
/// Source: the Parquet format specification; reference `shards.md` 4.
enum ParquetShard: ShardFormat {
    static let title = "Parquet"
    static let ids = ["parquet"]
    static let suffixes = [".parquet"]
    static let magic = [ParquetFile.magic]
    static let unit: ShardUnit? = .documents
    static let loaders = ["nanochat"]

    static func clue(in shards: ShardListing) -> String? {
        !shards.training.isEmpty && shards.training.allSatisfy { hasSuffix($0.name) }
            ? "the shards are Parquet files of text" : nil
    }

    static func header(of shard: ShardCandidate) throws(ShardError) -> ShardHeader {
        let rows = try ParquetFile(opened: shard.file).metadata.rows
        return ShardHeader(format: id, tokens: nil, headerBytes: 0, tokenWidth: 1, rows: rows)
    }

    static func decode(_ shard: ShardCandidate) throws(ShardError) -> [ShardDefect] {
        let file = try ParquetFile(opened: shard.file)
        var diversity = TextDiversityRule()
        do throws(ParquetError) {
            let defects = try file.check { diversity.add($0) }
            let all = defects + diversity.defects { printable(file.metadata.columns[$0].name) }
            return Array(all.prefix(ParquetFile.defectLimit))
        } catch {
            throw ShardError(error)
        }
    }
}

extension FileReader: ParquetSource {}

extension ParquetFile {
    /// Opens a file and reads its footer.
    /// - Throws: ``ShardError`` when the file cannot be opened, or is no sound Parquet file.
    public init(contentsOf path: String) throws(ShardError) {
        try self.init(opened: FileReader(path: path))
    }

    fileprivate init(opened file: FileReader) throws(ShardError) {
        do throws(ParquetError) {
            try self.init(file)
        } catch {
            throw ShardError(error)
        }
    }
}
