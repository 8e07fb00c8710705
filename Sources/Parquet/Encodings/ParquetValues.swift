/// Decodes the values of a data page.
///
/// Source: Parquet format `Encodings.md`.
struct ParquetValues {
    let column: ParquetColumn
    /// The column chunk's dictionary, when it has one.
    let dictionary: ParquetDictionary?

    /// The encodings' numbers in the format.
    private enum Encoding: Int {
        case plain = 0
        case plainDictionary = 2
        case runs = 3
        case bitPacked = 4
        case deltaBinary = 5
        case deltaLength = 6
        case deltaBytes = 7
        case dictionary = 8
        case byteStreamSplit = 9
    }

    /// Passes on `count` values; the bytes must hold exactly these.
    func decode(
        _ bytes: UnsafeRawBufferPointer,
        encoding: Int,
        count: Int,
        into sink: inout some ParquetValueSink
    ) throws(Malformation) {
        guard count > 0 else { return }
        var cursor = ByteCursor(bytes)
        switch (Encoding(rawValue: encoding), column.type) {
        case (.plain, .byteArray): try plainByteArrays(&cursor, count, &sink)
        case (.plain, .boolean):
            try truths(BitPacked(bytes: try cursor.take((count + 7) / 8), bits: 1, count: count), &sink)
        case (.plain, _): try sink.values(try fixed(&cursor, count), width: column.width ?? 1)
        case (.plainDictionary, _), (.dictionary, _):
            guard let dictionary else {
                throw Malformation(found: "dictionary indexes without a dictionary page", expected: "one before them")
            }
            try dictionary.decode(&cursor, count: count, into: &sink)
            // The last group of bit-packed indexes is padded.
            _ = cursor.takeRest()
        case (.runs, .boolean):
            let length = try cursor.uint32()
            var runs = ByteCursor(try cursor.take(length))
            try HybridRuns.forEach(&runs, bits: 1, count: count) { (run) throws(Malformation) in
                switch run {
                case .repeated(let value, let times): try truth(value != 0, times, &sink)
                case .packed(let values): try truths(values, &sink)
                }
            }
        case (.deltaBinary, .int32), (.deltaBinary, .int64):
            var reader = try deltas(cursor, count)
            for _ in 0..<count { try sink.integer(try reader.value(), column.type) }
            cursor = try reader.end()
        case (.deltaLength, .byteArray): try deltaLengthByteArrays(&cursor, count, &sink)
        case (.deltaBytes, .byteArray), (.deltaBytes, .fixedLengthByteArray):
            try deltaByteArrays(&cursor, count, &sink)
        case (.byteStreamSplit, _) where column.width != nil: try splitStreams(&cursor, count, &sink)
        default:
            throw Malformation(
                found: "values of type \(column.type) in encoding \(encoding)",
                expected: "an encoding of the Parquet format for that type",
                isUnsupported: encoding == Encoding.bitPacked.rawValue || encoding > Encoding.byteStreamSplit.rawValue
            )
        }
        guard cursor.remaining == 0 else {
            throw Malformation(
                found: "\(cursor.remaining) bytes behind the last of \(count) values",
                expected: "none"
            )
        }
    }

    private func plainByteArrays(
        _ cursor: inout ByteCursor,
        _ count: Int,
        _ sink: inout some ParquetValueSink
    ) throws(Malformation) {
        for index in 0..<count {
            let length = try cursor.uint32()
            guard length <= cursor.remaining else {
                throw Malformation(
                    found: "value \(index) of \(count) with \(length) bytes",
                    expected: "at most the \(cursor.remaining) bytes left"
                )
            }
            try sink.value(try cursor.take(length), count: 1)
        }
    }

    private func fixed(_ cursor: inout ByteCursor, _ count: Int) throws(Malformation) -> UnsafeRawBufferPointer {
        let (bytes, overflow) = count.multipliedReportingOverflow(by: column.width ?? 1)
        guard !overflow else { throw .ends(wanted: .max, left: cursor.remaining) }
        return try cursor.take(bytes)
    }

    private func truth(_ value: Bool, _ count: Int, _ sink: inout some ParquetValueSink) throws(Malformation) {
        var byte: UInt8 = value ? 1 : 0
        try withUnsafeBytes(of: &byte) { (bytes) throws(Malformation) in try sink.value(bytes, count: count) }
    }

    private func truths(_ values: BitPacked, _ sink: inout some ParquetValueSink) throws(Malformation) {
        for index in 0..<values.count { try truth(values[index] != 0, 1, &sink) }
    }

    private func deltas(_ cursor: ByteCursor, _ count: Int) throws(Malformation) -> DeltaReader {
        let reader = try DeltaReader(cursor)
        guard reader.count == count else {
            throw Malformation(found: "\(reader.count) delta values", expected: "\(count)")
        }
        return reader
    }

    /// All lengths, then all bytes.
    private func deltaLengthByteArrays(
        _ cursor: inout ByteCursor,
        _ count: Int,
        _ sink: inout some ParquetValueSink
    ) throws(Malformation) {
        var lengths = try deltas(cursor, count)
        cursor = try lengths.end()
        for _ in 0..<count {
            let length = try lengths.value()
            guard length >= 0, length <= cursor.remaining else {
                throw Malformation(found: "a length of \(length)", expected: "0 to \(cursor.remaining)")
            }
            try sink.value(try cursor.take(Int(length)), count: 1)
        }
    }

    /// How many bytes each value shares with the one before, then what is new of each.
    private func deltaByteArrays(
        _ cursor: inout ByteCursor,
        _ count: Int,
        _ sink: inout some ParquetValueSink
    ) throws(Malformation) {
        var prefixes = try deltas(cursor, count)
        cursor = try prefixes.end()
        var suffixes = try deltas(cursor, count)
        cursor = try suffixes.end()
        var last: [UInt8] = []
        for _ in 0..<count {
            let prefix = try prefixes.value()
            let suffix = try suffixes.value()
            guard prefix >= 0, prefix <= last.count, suffix >= 0, suffix <= cursor.remaining else {
                throw Malformation(
                    found: "a value of \(prefix) shared and \(suffix) new bytes",
                    expected: "at most \(last.count) shared and \(cursor.remaining) new"
                )
            }
            last.removeSubrange(Int(prefix)...)
            last.append(contentsOf: try cursor.take(Int(suffix)))
            if column.type == .fixedLengthByteArray, last.count != column.width {
                throw Malformation(found: "a value of \(last.count) bytes", expected: "\(column.width ?? 0)")
            }
            try last.withBytes { (bytes) throws(Malformation) in try sink.value(bytes, count: 1) }
        }
    }

    /// The first bytes of all values, then the second bytes of all, and so on.
    private func splitStreams(
        _ cursor: inout ByteCursor,
        _ count: Int,
        _ sink: inout some ParquetValueSink
    ) throws(Malformation) {
        let streams = try fixed(&cursor, count)
        let width = column.width ?? 1
        var value = [UInt8](repeating: 0, count: width)
        for index in 0..<count {
            for byte in 0..<width { value[byte] = streams[byte * count + index] }
            try value.withBytes { (bytes) throws(Malformation) in try sink.value(bytes, count: 1) }
        }
    }
}
