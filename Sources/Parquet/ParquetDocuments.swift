import Terms

/// The byte arrays of one column in one row group, in the order of the rows.
public struct ParquetDocuments: Sendable, RandomAccessCollection {
    /// All documents one after another.
    private var bytes: [UInt8] = []
    /// Where each row ends in ``bytes``.
    private var ends: [Int] = []
    /// The rows of the pages that were read to their end.
    private var rows = 0

    public var startIndex: Int { 0 }
    public var endIndex: Int { ends.count }

    /// The bytes of a row's document; none for a row without a value.
    public subscript(row: Int) -> ArraySlice<UInt8> { bytes[(row == 0 ? 0 : ends[row - 1])..<ends[row]] }

    /// Bytes of one row group; more is taken for an attack on memory.
    fileprivate static let byteLimit = 2 << 30
    /// Rows of one row group.
    fileprivate static let rowLimit = 1 << 26

    fileprivate init(capacity: Int) { bytes.reserveCapacity(capacity) }

    /// Collects values and the places of missing ones.
    fileprivate struct Collector: ParquetValueSink {
        var documents: ParquetDocuments

        mutating func value(_ bytes: UnsafeRawBufferPointer, count: Int) throws(Malformation) {
            for _ in 0..<count {
                guard bytes.count <= byteLimit - documents.bytes.count else {
                    throw Malformation(
                        found: "a row group with more than \(byteLimit) bytes of text",
                        expected: "less"
                    )
                }
                documents.bytes.append(contentsOf: bytes)
                documents.ends.append(documents.bytes.count)
            }
        }
    }
}

extension ParquetFile {
    /// Reads the byte arrays of one column in one row group.
    /// - Parameters:
    ///   - rowGroup: The index of the row group.
    ///   - name: The column's name; names of nested columns are joined with dots.
    /// - Returns: The documents; their bytes are as stored, valid UTF-8 or not.
    /// - Throws: ``ParquetError`` when the column is missing, repeated or no byte array, or when a page is damaged: the
    ///   error's byte is where that page begins.
    public func documents(rowGroup: Int, column name: String = "text") throws(ParquetError) -> ParquetDocuments {
        let index = try column(named: name)
        guard rowGroups.indices.contains(rowGroup) else {
            throw .malformed(
                path: file.path,
                byte: max(0, file.size - 8),
                found: "\(rowGroups.count) row groups",
                expected: "a row group \(rowGroup)"
            )
        }
        let column = metadata.columns[index]
        let group = rowGroups[rowGroup]
        let chunk = group.chunks[index]
        guard column.type == .byteArray, column.maximumRepetitionLevel == 0 else {
            throw .unsupported(
                path: file.path,
                byte: chunk.bytes.lowerBound,
                found: "the column \(printable(name)) of type \(column.type)",
                expected: "one byte array a row"
            )
        }
        guard group.rows <= ParquetDocuments.rowLimit else {
            throw .unsupported(
                path: file.path,
                byte: chunk.bytes.lowerBound,
                found: "a row group of \(group.rows) rows",
                expected: "at most \(ParquetDocuments.rowLimit)"
            )
        }
        var collector = ParquetDocuments.Collector(
            documents: ParquetDocuments(capacity: min(chunk.unpackedBytes, chunk.bytes.count * 8))
        )
        var runs: [(isThere: Bool, count: Int)] = []
        try read(
            rowGroup: rowGroup,
            column: index,
            with: ParquetPageReader(file),
            into: &collector,
            levels: { runs.append(($0, $1)) },
            afterPage: { _, values, collector in
                collector.documents.endPage(rows: values, runs)
                runs = []
            }
        )
        return collector.documents
    }
}

extension ParquetDocuments {
    /// Ends a page whose values were all added: puts rows without a value between them.
    fileprivate mutating func endPage(rows count: Int, _ runs: [(isThere: Bool, count: Int)]) {
        let first = rows
        rows += count
        guard ends.count < rows else { return }
        let present = Array(ends[first...])
        ends.removeSubrange(first...)
        var next = 0
        for run in runs {
            if run.isThere {
                ends.append(contentsOf: present[next..<next + run.count])
                next += run.count
            } else {
                ends.append(contentsOf: repeatElement(ends.last ?? 0, count: run.count))
            }
        }
    }
}
