import Terms

/// Reads the footer of a Parquet file.
///
/// Source: the Parquet format's `parquet.thrift` and README.
enum ParquetFooter {
    static let magic = Array("PAR1".utf8)
    /// A footer of a million column chunks has about 100 MB.
    private static let byteLimit = 128 << 20
    private static let chunkLimit = 1 << 20

    /// Where the footer is; checks the magic bytes at both ends.
    static func range(in file: CheckedSource) throws(ParquetError) -> Range<Int> {
        func malformed(_ byte: Int, _ found: String, _ expected: String) -> ParquetError {
            .malformed(path: file.path, byte: byte, found: found, expected: expected)
        }
        let head = try file.bytes(0..<4)
        guard head == magic else {
            if head == Array("PARE".utf8) {
                throw .unsupported(
                    path: file.path,
                    byte: 0,
                    found: "an encrypted Parquet file",
                    expected: "one in plain text"
                )
            }
            throw malformed(0, "no PAR1", "the magic bytes PAR1")
        }
        let tail = try file.bytes(max(0, file.size - 8)..<file.size)
        guard file.size >= 12, Array(tail.suffix(4)) == magic else {
            throw malformed(
                max(0, file.size - 4),
                "no PAR1 at the end",
                "the magic bytes PAR1; the file was probably cut short while downloading"
            )
        }
        let length = tail.int32(at: 0)
        guard length > 0, length <= min(file.size - 12, byteLimit) else {
            throw malformed(file.size - 8, "a footer of \(length) bytes", "1 to \(min(file.size - 12, byteLimit))")
        }
        return file.size - 8 - length..<file.size - 8
    }

    /// Reads and checks the footer.
    static func metadata(of file: CheckedSource) throws(ParquetError) -> ParquetMetadata {
        let range = try range(in: file)
        let bytes = try file.bytes(range)
        guard bytes.count == range.count else {
            throw .shortened(path: file.path)
        }
        do throws(Malformation) {
            return try bytes.withBytes { (bytes) throws(Malformation) in
                var reader = ThriftReader(bytes)
                return try fileMetadata(&reader, dataEnd: range.lowerBound)
            }
        } catch {
            throw Malformation(
                found: "in the footer, \(error.found)",
                expected: error.expected,
                isUnsupported: error.isUnsupported
            ).at(range.lowerBound, of: file.path)
        }
    }

    private static func fileMetadata(
        _ reader: inout ThriftReader,
        dataEnd: Int
    ) throws(Malformation) -> ParquetMetadata {
        var elements: [ParquetSchema.Element] = []
        var rows: Int?
        var groups: [RawGroup]?
        try reader.structure { (reader, id, type) throws(Malformation) in
            switch id {
            case 2: elements = try reader.list(type, of: .structure, ParquetSchema.Element.init(reading:))
            case 3: rows = try reader.size(type)
            case 4:
                var chunks = 0
                groups = try reader.list(type, of: .structure) { (reader) throws(Malformation) in
                    let group = try RawGroup(reading: &reader)
                    chunks += group.chunks.count
                    guard chunks <= chunkLimit else {
                        throw Malformation(found: "\(chunks) column chunks", expected: "at most \(chunkLimit)")
                    }
                    return group
                }
            default: return false
            }
            return true
        }
        guard let rows, let groups else {
            throw Malformation(found: "no row count or no row groups", expected: "both")
        }
        let columns = try ParquetSchema.columns(elements)
        let metadata = ParquetMetadata(
            rows: rows,
            columns: columns,
            rowGroups: try groups.enumerated().mapChecked { (index, group) throws(Malformation) in
                try group.checked(index, columns: columns, dataEnd: dataEnd)
            }
        )
        try check(metadata)
        return metadata
    }

    /// Row counts add up and no two chunks share bytes.
    private static func check(_ metadata: ParquetMetadata) throws(Malformation) {
        let sum = saturatingSum(metadata.rowGroups.lazy.map(\.rows))
        guard sum == metadata.rows else {
            throw Malformation(found: "row groups with \(sum) rows", expected: "\(metadata.rows), the file's row count")
        }
        let ranges = metadata.rowGroups.flatMap { $0.chunks.map(\.bytes) }.filter { !$0.isEmpty }.sorted {
            $0.lowerBound < $1.lowerBound
        }
        for (one, next) in zip(ranges, ranges.dropFirst()) where next.lowerBound < one.upperBound {
            throw Malformation(
                found:
                    "column chunks that share the bytes \(next.lowerBound)..<\(min(one.upperBound, next.upperBound))",
                expected: "chunks that do not overlap"
            )
        }
    }

    /// A row group as written.
    private struct RawGroup {
        var rows: Int?
        var chunks: [RawChunk] = []

        init(reading reader: inout ThriftReader) throws(Malformation) {
            var (rows, chunks): (Int?, [RawChunk]) = (nil, [])
            try reader.structure { (reader, id, type) throws(Malformation) in
                switch id {
                case 1: chunks = try reader.list(type, of: .structure, RawChunk.init(reading:))
                case 3: rows = try reader.size(type)
                default: return false
                }
                return true
            }
            (self.rows, self.chunks) = (rows, chunks)
        }

        func checked(
            _ index: Int,
            columns: [ParquetColumn],
            dataEnd: Int
        ) throws(Malformation) -> ParquetRowGroup {
            guard let rows else { throw Malformation(found: "row group \(index) without a row count", expected: "one") }
            guard chunks.count == columns.count else {
                throw Malformation(
                    found: "row group \(index) with \(chunks.count) columns",
                    expected: "\(columns.count), as in the schema"
                )
            }
            let checked = try zip(columns, chunks).mapChecked { (column, chunk) throws(Malformation) in
                try chunk.checked(column, group: index, rows: rows, dataEnd: dataEnd)
            }
            return ParquetRowGroup(rows: rows, chunks: checked)
        }
    }

    /// A column chunk as written.
    private struct RawChunk {
        var type, codec, values, packed, unpacked, dataOffset, dictionaryOffset: Int?
        var isElsewhere = false
        var isEncrypted = false

        init(reading reader: inout ThriftReader) throws(Malformation) {
            var chunk = Self()
            try reader.structure { (reader, id, type) throws(Malformation) in
                switch id {
                case 1: chunk.isElsewhere = try !reader.text(type).isEmpty
                case 3: try chunk.readMetadata(&reader)
                case 8: chunk.isEncrypted = true; return false
                default: return false
                }
                return true
            }
            self = chunk
        }

        private init() {}

        private mutating func readMetadata(_ reader: inout ThriftReader) throws(Malformation) {
            var chunk = self
            try reader.structure { (reader, id, type) throws(Malformation) in
                switch id {
                case 1: chunk.type = try reader.size(type)
                case 4: chunk.codec = try reader.size(type)
                case 5: chunk.values = try reader.size(type)
                case 6: chunk.unpacked = try reader.size(type)
                case 7: chunk.packed = try reader.size(type)
                case 9: chunk.dataOffset = try reader.size(type)
                case 11: chunk.dictionaryOffset = try reader.size(type)
                default: return false
                }
                return true
            }
            self = chunk
        }

        func checked(
            _ column: ParquetColumn,
            group: Int,
            rows: Int,
            dataEnd: Int
        ) throws(Malformation) -> ParquetColumnChunk {
            let place = "column \(printable(column.name)) of row group \(group)"
            if isElsewhere || isEncrypted {
                throw Malformation(
                    found: "\(place) \(isEncrypted ? "encrypted" : "in another file")",
                    expected: "all columns readable in this file",
                    isUnsupported: true
                )
            }
            guard let type, let codec, let values, let packed, let unpacked, let dataOffset else {
                throw Malformation(found: "\(place) without type, codec, sizes or offset", expected: "all of them")
            }
            guard type == column.type.rawValue else {
                throw Malformation(
                    found: "\(place) of type \(type)",
                    expected: "\(column.type.rawValue), as in the schema"
                )
            }
            guard let codec = ParquetColumnChunk.Codec(rawValue: codec) else {
                throw Malformation(found: "\(place) with codec \(codec)", expected: "0 to 7")
            }
            // 0 is where the magic is: writers put it for "no dictionary", and for "no data page" in an empty table.
            let offset = [dictionaryOffset ?? 0, dataOffset].filter { $0 >= 4 }.min() ?? 0
            let start = packed == 0 && values == 0 ? max(4, offset) : offset
            let (end, overflow) = start.addingReportingOverflow(packed)
            guard !overflow, start >= 4, end <= dataEnd, dataOffset <= end else {
                throw Malformation(
                    found: "\(place) at byte \(start) with \(packed) bytes",
                    expected: "bytes between 4 and the footer at \(dataEnd)"
                )
            }
            guard column.maximumRepetitionLevel > 0 || values == rows else {
                throw Malformation(found: "\(place) with \(values) values", expected: "\(rows), one a row")
            }
            return ParquetColumnChunk(codec: codec, values: values, bytes: start..<end, unpackedBytes: unpacked)
        }
    }
}

extension Sequence {
    /// `map` with a typed error.
    func mapChecked<Value, Failure: Error>(
        _ transform: (Element) throws(Failure) -> Value
    ) throws(Failure) -> [Value] {
        var result: [Value] = []
        result.reserveCapacity(underestimatedCount)
        for element in self { result.append(try transform(element)) }
        return result
    }
}
