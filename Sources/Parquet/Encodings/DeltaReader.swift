/// Reads DELTA_BINARY_PACKED integers one at a time.
///
/// Source: Parquet format `Encodings.md`, Delta Encoding.
struct DeltaReader {
    /// The number of values.
    let count: Int
    private var cursor: ByteCursor
    private let blockSize: Int
    private let miniblocks: Int
    private var last: Int64
    private var given = 0
    private var minimum: Int64 = 0
    private var widths: [UInt8] = []
    /// The miniblock being read, unpacked.
    private var values: [UInt64] = []
    private var next = 0

    private var miniblockSize: Int { blockSize / miniblocks }

    /// Reads the header.
    init(_ start: ByteCursor) throws(Malformation) {
        cursor = start
        blockSize = try cursor.count()
        miniblocks = try cursor.count()
        count = try cursor.count()
        last = try cursor.zigzag()
        guard (1...1 << 16).contains(blockSize), (1...512).contains(miniblocks), blockSize % miniblocks == 0,
            blockSize / miniblocks % 8 == 0
        else {
            throw Malformation(
                found: "delta blocks of \(blockSize) values in \(miniblocks) parts",
                expected: "at most 65536, in parts of a multiple of 8"
            )
        }
    }

    /// The next value; asking for more than ``count`` is an error.
    mutating func value() throws(Malformation) -> Int64 {
        guard given < count else { throw Malformation(found: "only \(count) delta values", expected: "more") }
        if given > 0 {
            if next == values.count { try unpackMiniblock() }
            last &+= minimum &+ Int64(bitPattern: values[next])
            next += 1
        }
        given += 1
        return last
    }

    /// Passes over the values not yet read.
    /// - Returns: The place behind them.
    consuming func end() throws(Malformation) -> ByteCursor {
        // The first value is in the header.
        var left = max(0, count - max(given, 1)) - (values.count - next)
        while left > 0 {
            let (width, _) = try miniblockHead()
            _ = try cursor.take(miniblockSize / 8 * width)
            left -= miniblockSize
        }
        return cursor
    }

    private mutating func miniblockHead() throws(Malformation) -> (width: Int, Void) {
        if widths.isEmpty {
            minimum = try cursor.zigzag()
            widths = try cursor.take(miniblocks).reversed()
        }
        let width = Int(widths.removeLast())
        guard width <= 64 else { throw Malformation(found: "delta values of \(width) bits", expected: "at most 64") }
        return (width, ())
    }

    private mutating func unpackMiniblock() throws(Malformation) {
        let (width, _) = try miniblockHead()
        let bytes = try cursor.take(miniblockSize / 8 * width)
        if values.count != miniblockSize { values = [UInt64](repeating: 0, count: miniblockSize) }
        next = 0
        let mask: UInt64 = width == 64 ? .max : 1 << UInt64(width) - 1
        for index in 0..<miniblockSize {
            let bit = index * width
            let start = bit >> 3
            let shift = UInt64(bit & 7)
            // A value of up to 64 bits can reach into a ninth byte.
            var low: UInt64 = 0
            if bytes.count - start >= 8 {
                low = UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: start, as: UInt64.self))
            } else {
                for offset in 0..<max(0, bytes.count - start) {
                    low |= UInt64(bytes[start + offset]) << UInt64(8 * offset)
                }
            }
            var value = low >> shift
            if shift > 0, start + 8 < bytes.count { value |= UInt64(bytes[start + 8]) << (64 - shift) }
            values[index] = value & mask
        }
    }
}
