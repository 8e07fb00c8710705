/// The header in front of each page.
struct ParquetPageHeader: Equatable {
    enum Kind: Equatable {
        case data(DataPage)
        case dictionary(values: Int, encoding: Int)
        /// An index page or a type of the future: skipped.
        case other
    }

    /// A data page of either version.
    struct DataPage: Equatable {
        /// Values, missing ones included.
        var values: Int
        var encoding: Int
        /// Level encodings of version 1; `nil` in version 2, where they are RLE.
        var levelEncodings: (definition: Int, repetition: Int)?
        /// What only version 2 says.
        var version2: Version2?

        static func == (left: Self, right: Self) -> Bool {
            left.values == right.values && left.encoding == right.encoding && left.version2 == right.version2
                && left.levelEncodings?.definition == right.levelEncodings?.definition
                && left.levelEncodings?.repetition == right.levelEncodings?.repetition
        }
    }

    struct Version2: Equatable {
        var nulls, rows, definitionBytes, repetitionBytes: Int
        var isCompressed: Bool
    }

    /// The largest header read; statistics of long values are what makes them long.
    static let byteLimit = 16 << 20

    var kind: Kind
    var unpackedBytes: Int
    var packedBytes: Int
    /// CRC-32 of the page as stored, when the writer gave one.
    var crc: UInt32?
    /// Bytes of the header itself.
    var headerBytes: Int

    /// Reads the header at the front of the bytes.
    init(_ bytes: UnsafeRawBufferPointer) throws(Malformation) {
        var reader = ThriftReader(bytes)
        var type, unpacked, packed: Int?
        var crc: UInt32?
        var data: DataPage?
        var dictionary: (values: Int, encoding: Int)?
        try reader.structure { (reader, id, wire) throws(Malformation) in
            switch id {
            case 1: type = try reader.size(wire)
            case 2: unpacked = try reader.size(wire)
            case 3: packed = try reader.size(wire)
            case 4: crc = UInt32(truncatingIfNeeded: try reader.integer(wire))
            case 5: data = try Self.version1(&reader)
            case 7: dictionary = try Self.dictionary(&reader)
            case 8: data = try Self.version2(&reader)
            default: return false
            }
            return true
        }
        guard let type, let unpacked, let packed else {
            throw Malformation(found: "a page header without type or sizes", expected: "all of them")
        }
        switch type {
        case 0, 3:
            guard let data, (data.version2 != nil) == (type == 3) else {
                throw Malformation(found: "a data page without its own header", expected: "one of its version")
            }
            kind = .data(data)
        case 2:
            guard let dictionary else {
                throw Malformation(found: "a dictionary page without its own header", expected: "one")
            }
            kind = .dictionary(values: dictionary.values, encoding: dictionary.encoding)
        case 1: kind = .other
        default: throw Malformation(found: "a page of type \(type)", expected: "0 to 3")
        }
        self.unpackedBytes = unpacked
        self.packedBytes = packed
        self.crc = crc
        headerBytes = reader.cursor.position
    }

    private static func version1(_ reader: inout ThriftReader) throws(Malformation) -> DataPage {
        var values, encoding, definition, repetition: Int?
        try reader.structure { (reader, id, type) throws(Malformation) in
            switch id {
            case 1: values = try reader.size(type)
            case 2: encoding = try reader.size(type)
            case 3: definition = try reader.size(type)
            case 4: repetition = try reader.size(type)
            default: return false
            }
            return true
        }
        guard let values, let encoding, let definition, let repetition else {
            throw Malformation(found: "a data page header without count or encodings", expected: "all of them")
        }
        return DataPage(values: values, encoding: encoding, levelEncodings: (definition, repetition))
    }

    private static func version2(_ reader: inout ThriftReader) throws(Malformation) -> DataPage {
        var values, nulls, rows, encoding, definition, repetition: Int?
        var isCompressed = true
        try reader.structure { (reader, id, type) throws(Malformation) in
            switch id {
            case 1: values = try reader.size(type)
            case 2: nulls = try reader.size(type)
            case 3: rows = try reader.size(type)
            case 4: encoding = try reader.size(type)
            case 5: definition = try reader.size(type)
            case 6: repetition = try reader.size(type)
            case 7: isCompressed = try reader.flag(type)
            default: return false
            }
            return true
        }
        guard let values, let nulls, let rows, let encoding, let definition, let repetition else {
            throw Malformation(found: "a data page header without counts or lengths", expected: "all of them")
        }
        return DataPage(
            values: values,
            encoding: encoding,
            version2: Version2(
                nulls: nulls,
                rows: rows,
                definitionBytes: definition,
                repetitionBytes: repetition,
                isCompressed: isCompressed
            )
        )
    }

    private static func dictionary(_ reader: inout ThriftReader) throws(Malformation) -> (values: Int, encoding: Int) {
        var values, encoding: Int?
        try reader.structure { (reader, id, type) throws(Malformation) in
            switch id {
            case 1: values = try reader.size(type)
            case 2: encoding = try reader.size(type)
            default: return false
            }
            return true
        }
        guard let values, let encoding else {
            throw Malformation(found: "a dictionary page header without count or encoding", expected: "both")
        }
        return (values, encoding)
    }
}
