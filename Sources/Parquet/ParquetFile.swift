import Terms

/// A Parquet file: its footer, read and checked, and access to its columns. Our own reader.
///
/// Reads flat and nested schemas, data pages of both versions, the codecs snappy, gzip, brotli, lz4 and zstd, and all
/// encodings of the format but the abandoned bit-packed levels. Hostile files are errors: no count or size of the file is
/// trusted before it was held against the bytes that are there.
///
/// Source: the Parquet format's specification (apache/parquet-format).
public struct ParquetFile: Sendable {
    /// What the footer says.
    public let metadata: ParquetMetadata
    /// The row groups, in the order of the file.
    public var rowGroups: [ParquetRowGroup] { metadata.rowGroups }
    let file: CheckedSource

    /// The bytes at both ends of a file.
    package static let magic = Array("PAR1".utf8)

    /// Reads the footer of a file.
    /// - Throws: ``ParquetError`` when the file cannot be read, or when its frame, its footer, the places or the row counts
    ///   that the footer gives are malformed.
    public init(_ source: any ParquetSource) throws(ParquetError) {
        file = CheckedSource(source)
        metadata = try ParquetFooter.metadata(of: file)
    }

    /// The index of a leaf column with a name, `text` by default.
    /// - Throws: ``ParquetError/malformed(path:byte:found:expected:)`` when the file has no such column.
    public func column(named name: String = "text") throws(ParquetError) -> Int {
        guard let index = metadata.columns.firstIndex(where: { $0.name == name }) else {
            let names = metadata.columns.prefix(8).map { printable($0.name) }.joined(separator: ", ")
            throw .malformed(
                path: file.path,
                byte: max(0, file.size - 8),
                found: "no column \(printable(name)) (the columns are: \(names))",
                expected: "one of that name"
            )
        }
        return index
    }
}
