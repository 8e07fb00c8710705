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
    package static let magic = ParquetFooter.magic

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

extension ParquetFile {
    /// Reads all pages of one column of one row group in order.
    /// - Parameters:
    ///   - levels: See ``ParquetPageReader``.
    ///   - afterPage: Called behind each data page, with what it held.
    /// - Throws: ``ParquetError`` at the page that is damaged, or when the rows are not as many as the row group has.
    func read<Sink: ParquetValueSink>(
        rowGroup: Int,
        column index: Int,
        with reader: ParquetPageReader,
        into sink: inout Sink,
        levels: (Bool, Int) -> Void = { _, _ in },
        afterPage: (ParquetPage, Int, inout Sink) throws(ParquetError) -> Void = { _, _, _ in }
    ) throws(ParquetError) {
        let column = metadata.columns[index]
        let group = rowGroups[rowGroup]
        let chunk = group.chunks[index]
        var pages = ParquetPages(chunk, of: file)
        var dictionary: ParquetDictionary?
        var rows = 0
        while let page = try pages.next() {
            switch page.header.kind {
            case .other: break
            case .dictionary(let values, _):
                dictionary = try reader.dictionary(page, values: values, column: column, chunk: chunk)
            case .data(let data):
                let counts = try reader.decode(
                    page,
                    data,
                    column: column,
                    chunk: chunk,
                    dictionary: dictionary,
                    into: &sink,
                    levels: levels
                )
                rows += counts.rows
                try afterPage(page, data.values, &sink)
            }
        }
        guard rows == group.rows else {
            throw .malformed(
                path: file.path,
                byte: chunk.bytes.lowerBound,
                found: "pages with \(rows) rows",
                expected: "\(group.rows), as the footer says"
            )
        }
    }

    /// Where the pages of one column of one row group have their bodies, which a CRC covers when there is one.
    package func pageBodies(rowGroup: Int, column: Int) throws(ParquetError) -> [Range<Int>] {
        var pages = ParquetPages(rowGroups[rowGroup].chunks[column], of: file)
        var bodies: [Range<Int>] = []
        while let page = try pages.next() { bodies.append(page.body) }
        return bodies
    }

    /// The values that are there of one column of one row group, each as its little-endian bytes.
    package func values(rowGroup: Int, column: Int) throws(ParquetError) -> [[UInt8]] {
        struct Collector: ParquetValueSink {
            var values: [[UInt8]] = []
            mutating func value(_ bytes: UnsafeRawBufferPointer, count: Int) {
                for _ in 0..<count { values.append(Array(bytes)) }
            }
        }
        var collector = Collector()
        try read(rowGroup: rowGroup, column: column, with: ParquetPageReader(file), into: &collector)
        return collector.values
    }
}
