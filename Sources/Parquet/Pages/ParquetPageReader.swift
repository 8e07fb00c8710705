import CZlib

/// Loads, unpacks and decodes pages, one after another, in memory that is used again.
final class ParquetPageReader {
    /// What a data page held.
    struct Counts: Equatable {
        var rows = 0
        /// Values that are there.
        var present = 0
    }

    private let file: CheckedSource
    private let unpacker = PageUnpacker()
    private let packed = PageBuffer()
    private let unpacked = PageBuffer()
    private var budget: UnpackingBudget

    init(_ file: CheckedSource) {
        self.file = file
        budget = UnpackingBudget(fileBytes: file.size)
    }

    /// Reads a page and checks its CRC when it has one; the bytes are valid until the next call.
    func load(_ page: ParquetPage) throws(ParquetError) -> UnsafeRawBufferPointer {
        let room = packed.room(page.body.count)
        try file.fill(room, at: page.body.lowerBound)
        let bytes = UnsafeRawBufferPointer(room)
        if let expected = page.header.crc {
            let start = bytes.baseAddress?.assumingMemoryBound(to: UInt8.self)
            let found = start.map { UInt32(truncatingIfNeeded: crc32(0, $0, UInt32(bytes.count))) } ?? 0
            guard found == expected else {
                throw .malformed(
                    path: file.path,
                    byte: page.bytes.lowerBound,
                    found: "a page with CRC-32 \(hexadecimal(found))",
                    expected: hexadecimal(expected)
                )
            }
        }
        return bytes
    }

    /// Reads a dictionary page.
    func dictionary(
        _ page: ParquetPage,
        values: Int,
        column: ParquetColumn,
        chunk: ParquetColumnChunk
    ) throws(ParquetError) -> ParquetDictionary {
        let bytes = try load(page)
        do throws(Malformation) {
            let plain = try unpack(bytes, to: page.header.unpackedBytes, chunk.codec)
            return try ParquetDictionary(plain, values: values, column: column)
        } catch {
            throw error.at(page.bytes.lowerBound, of: file.path)
        }
    }

    /// Reads a data page and passes on its values.
    /// - Parameter levels: Called, for a column that is not nested, with "is there" and how often it stands in a row.
    func decode(
        _ page: ParquetPage,
        _ data: ParquetPageHeader.DataPage,
        column: ParquetColumn,
        chunk: ParquetColumnChunk,
        dictionary: ParquetDictionary?,
        into sink: inout some ParquetValueSink,
        levels: (Bool, Int) -> Void = { _, _ in }
    ) throws(ParquetError) -> Counts {
        let bytes = try load(page)
        do throws(Malformation) {
            try budget.charge(data.values)
            let split = try split(bytes, page, data, column, chunk)
            var counts = Counts(rows: data.values, present: data.values)
            if column.maximumRepetitionLevel > 0 {
                var cursor = ByteCursor(split.repetition)
                counts.rows =
                    try HybridRuns.countLevels(
                        &cursor,
                        maximum: column.maximumRepetitionLevel,
                        count: data.values
                    ).zero
            }
            if column.maximumDefinitionLevel > 0 {
                counts.present = 0
                let maximum = column.maximumDefinitionLevel
                var cursor = ByteCursor(split.definition)
                try HybridRuns.forEachLevel(&cursor, maximum: maximum, count: data.values) { level, run in
                    if level == maximum { counts.present += run }
                    levels(level == maximum, run)
                }
            } else {
                levels(true, data.values)
            }
            try check(data, counts, column)
            try ParquetValues(column: column, dictionary: dictionary).decode(
                split.values,
                encoding: data.encoding,
                count: counts.present,
                into: &sink
            )
            return counts
        } catch {
            throw error.at(page.bytes.lowerBound, of: file.path)
        }
    }

    private func check(
        _ data: ParquetPageHeader.DataPage,
        _ counts: Counts,
        _ column: ParquetColumn
    ) throws(Malformation) {
        guard let two = data.version2 else { return }
        guard two.rows == counts.rows else {
            throw Malformation(found: "levels of \(counts.rows) rows", expected: "\(two.rows)")
        }
        guard column.maximumRepetitionLevel > 0 || two.nulls == data.values - counts.present else {
            throw Malformation(found: "\(data.values - counts.present) missing values", expected: "\(two.nulls)")
        }
    }

    /// The levels and the values of a page, unpacked.
    private func split(
        _ bytes: UnsafeRawBufferPointer,
        _ page: ParquetPage,
        _ data: ParquetPageHeader.DataPage,
        _ column: ParquetColumn,
        _ chunk: ParquetColumnChunk
    ) throws(Malformation) -> (
        repetition: UnsafeRawBufferPointer, definition: UnsafeRawBufferPointer, values: UnsafeRawBufferPointer
    ) {
        if let two = data.version2 {
            var cursor = ByteCursor(bytes)
            let repetition = try cursor.take(two.repetitionBytes)
            let definition = try cursor.take(two.definitionBytes)
            let size = page.header.unpackedBytes - two.repetitionBytes - two.definitionBytes
            let rest = cursor.takeRest()
            // A page without values may have no packed bytes at all.
            let isPlain = !two.isCompressed || rest.isEmpty && size == 0
            return (repetition, definition, try unpack(rest, to: size, isPlain ? .uncompressed : chunk.codec))
        }
        var cursor = ByteCursor(try unpack(bytes, to: page.header.unpackedBytes, chunk.codec))
        func levels(_ maximum: Int, _ encoding: Int?) throws(Malformation) -> UnsafeRawBufferPointer {
            guard maximum > 0 else { return UnsafeRawBufferPointer(start: nil, count: 0) }
            guard encoding == 3 else {
                throw Malformation(
                    found: "levels in encoding \(encoding ?? 0)",
                    expected: "3 (RLE)",
                    isUnsupported: encoding == 4
                )
            }
            return try cursor.take(try cursor.uint32())
        }
        let repetition = try levels(column.maximumRepetitionLevel, data.levelEncodings?.repetition)
        let definition = try levels(column.maximumDefinitionLevel, data.levelEncodings?.definition)
        return (repetition, definition, cursor.takeRest())
    }

    private func unpack(
        _ bytes: UnsafeRawBufferPointer,
        to count: Int,
        _ codec: ParquetColumnChunk.Codec
    ) throws(Malformation) -> UnsafeRawBufferPointer {
        try budget.charge(count)
        if codec == .uncompressed, bytes.count == count { return bytes }
        let room = unpacked.room(count)
        try unpacker.unpack(bytes, codec, into: room)
        return UnsafeRawBufferPointer(room)
    }
}

private func hexadecimal(_ number: UInt32) -> String {
    let digits = String(number, radix: 16)
    return String(repeating: "0", count: 8 - digits.count) + digits
}
