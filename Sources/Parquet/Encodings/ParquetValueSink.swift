/// Takes the values of a column as they are decoded: the little-endian bytes of a number, the bytes of a byte array, one
/// byte of a truth value. Missing values are left out.
protocol ParquetValueSink {
    /// One value, standing `count` times in a row.
    mutating func value(_ bytes: UnsafeRawBufferPointer, count: Int) throws(Malformation)

    /// Values of equal width without gaps.
    mutating func values(_ bytes: UnsafeRawBufferPointer, width: Int) throws(Malformation)
}

extension ParquetValueSink {
    mutating func values(_ bytes: UnsafeRawBufferPointer, width: Int) throws(Malformation) {
        for start in stride(from: 0, to: bytes.count, by: width) {
            try value(UnsafeRawBufferPointer(rebasing: bytes[start..<start + width]), count: 1)
        }
    }

    /// An integer of a column's type.
    mutating func integer(_ number: Int64, _ type: ParquetColumn.PhysicalType) throws(Malformation) {
        if type == .int32 {
            var low = Int32(truncatingIfNeeded: number).littleEndian
            try passing(&low)
        } else {
            var all = number.littleEndian
            try passing(&all)
        }
    }

    private mutating func passing<Number>(_ number: inout Number) throws(Malformation) {
        try withUnsafeBytes(of: &number) { (bytes) throws(Malformation) in try value(bytes, count: 1) }
    }
}
