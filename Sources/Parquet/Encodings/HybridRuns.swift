/// Parquet's hybrid of run-length encoding and bit packing: levels, dictionary indexes and truth values.
///
/// Source: Parquet format `Encodings.md`, RLE.
enum HybridRuns {
    /// A stretch of values.
    enum Run {
        /// The same value again and again.
        case repeated(UInt32, count: Int)
        /// Values of the bit width, the lowest bits first.
        case packed(BitPacked)
    }

    /// Calls `body` with each run until `count` values were seen.
    /// - Parameter bits: The width of a value, 0 to 32.
    static func forEach(
        _ cursor: inout ByteCursor,
        bits: Int,
        count: Int,
        _ body: (Run) throws(Malformation) -> Void
    ) throws(Malformation) {
        var left = count
        while left > 0 {
            let head = try cursor.varint()
            if head & 1 == 0 {
                var value: UInt32 = 0
                for (index, byte) in try cursor.take((bits + 7) / 8).enumerated() {
                    value |= UInt32(byte) << UInt32(8 * index)
                }
                let run = Int(min(head >> 1, UInt64(left)))
                guard run > 0 else { throw Malformation(found: "an empty run", expected: "one of values") }
                try body(.repeated(value, count: run))
                left -= run
            } else {
                let groups = head >> 1
                guard groups > 0 else { throw Malformation(found: "an empty run", expected: "one of values") }
                let run = Int(min(groups, UInt64(left / 8 + 1))) * 8
                let wanted = min(run, left)
                // Some writers leave out the padding of the last group.
                let full = groups.multipliedReportingOverflow(by: UInt64(bits))
                let bytes = full.overflow ? Int.max : Int(clamping: full.partialValue)
                let held = try cursor.take(max(min(bytes, cursor.remaining), (wanted * bits + 7) / 8))
                try body(.packed(BitPacked(bytes: held, bits: bits, count: wanted)))
                left -= wanted
            }
        }
    }

    /// Counts, among `count` levels, those at the maximum and those that are 0.
    static func countLevels(
        _ cursor: inout ByteCursor,
        maximum: Int,
        count: Int
    ) throws(Malformation) -> (atMaximum: Int, zero: Int) {
        var result = (atMaximum: 0, zero: 0)
        try forEachLevel(&cursor, maximum: maximum, count: count) { level, run in
            if level == maximum { result.atMaximum += run }
            if level == 0 { result.zero += run }
        }
        return result
    }

    /// Calls `body` with each level and how often it stands in a row.
    static func forEachLevel(
        _ cursor: inout ByteCursor,
        maximum: Int,
        count: Int,
        _ body: (Int, Int) -> Void
    ) throws(Malformation) {
        func checked(_ level: UInt32) throws(Malformation) -> Int {
            guard level <= maximum else {
                throw Malformation(found: "the level \(level)", expected: "at most \(maximum)")
            }
            return Int(level)
        }
        let bits = Int.bitWidth - maximum.leadingZeroBitCount
        try forEach(&cursor, bits: bits, count: count) { (run) throws(Malformation) in
            switch run {
            case .repeated(let value, let count): body(try checked(value), count)
            case .packed(let values):
                for index in 0..<values.count { body(try checked(values[index]), 1) }
            }
        }
    }
}

/// Values of equal bit width without gaps, the lowest bits first.
struct BitPacked {
    let bytes: UnsafeRawBufferPointer
    let bits: Int
    let count: Int

    /// The value at an index below `count`; the bytes must hold it.
    subscript(index: Int) -> UInt32 {
        let bit = index * bits
        let start = bit >> 3
        let word: UInt64
        if bytes.count - start >= 8 {
            word = UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: start, as: UInt64.self))
        } else {
            var tail: UInt64 = 0
            for offset in 0..<max(0, bytes.count - start) {
                tail |= UInt64(bytes[start + offset]) << UInt64(8 * offset)
            }
            word = tail
        }
        return UInt32(truncatingIfNeeded: word >> UInt64(bit & 7) & (1 << UInt64(bits) - 1))
    }
}
