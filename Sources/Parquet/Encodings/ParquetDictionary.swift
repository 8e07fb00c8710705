/// The values of a dictionary page.
struct ParquetDictionary {
    private let bytes: [UInt8]
    /// Where each byte array is; empty for numbers.
    private let ranges: [Range<Int>]
    private let width: Int?
    /// The number of values.
    let count: Int

    /// Reads the values of an unpacked dictionary page, which are always in the encoding PLAIN.
    init(_ page: UnsafeRawBufferPointer, values: Int, column: ParquetColumn) throws(Malformation) {
        bytes = Array(page)
        count = values
        width = column.width
        guard let width else {
            guard column.type == .byteArray else {
                throw Malformation(found: "a dictionary of truth values", expected: "another type")
            }
            var cursor = ByteCursor(page)
            var ranges: [Range<Int>] = []
            ranges.reserveCapacity(min(values, page.count / 4))
            for _ in 0..<values {
                let length = try cursor.uint32()
                let start = cursor.position
                _ = try cursor.take(length)
                ranges.append(start..<start + length)
            }
            self.ranges = ranges
            return
        }
        ranges = []
        guard values <= page.count / width else {
            throw Malformation(found: "a dictionary of \(page.count) bytes", expected: "\(values) values of \(width)")
        }
    }

    /// Reads indexes and passes on the values they stand for.
    func decode(
        _ cursor: inout ByteCursor,
        count: Int,
        into sink: inout some ParquetValueSink
    ) throws(Malformation) {
        let bits = Int(try cursor.byte())
        guard bits <= 32 else {
            throw Malformation(found: "dictionary indexes of \(bits) bits", expected: "at most 32")
        }
        try bytes.withBytes { (all) throws(Malformation) in
            func entry(_ index: UInt32) throws(Malformation) -> UnsafeRawBufferPointer {
                guard index < self.count else {
                    throw Malformation(found: "the dictionary index \(index)", expected: "less than \(self.count)")
                }
                let index = Int(index)
                let range = width.map { index * $0..<(index + 1) * $0 } ?? ranges[index]
                return UnsafeRawBufferPointer(rebasing: all[range])
            }
            try HybridRuns.forEach(&cursor, bits: bits, count: count) { (run) throws(Malformation) in
                switch run {
                case .repeated(let index, let times): try sink.value(try entry(index), count: times)
                case .packed(let indexes):
                    for position in 0..<indexes.count { try sink.value(try entry(indexes[position]), count: 1) }
                }
            }
        }
    }

    /// Passes on every value once.
    func all(into sink: inout some ParquetValueSink) throws(Malformation) {
        try bytes.withBytes { (all) throws(Malformation) in
            for index in 0..<count {
                let range = width.map { index * $0..<(index + 1) * $0 } ?? ranges[index]
                try sink.value(UnsafeRawBufferPointer(rebasing: all[range]), count: 1)
            }
        }
    }
}
