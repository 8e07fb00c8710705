/// Reads little-endian values from bytes in memory, front to back; every read is checked.
struct ByteCursor {
    /// The bytes; they must outlive the cursor.
    let bytes: UnsafeRawBufferPointer
    /// The offset of the next byte.
    private(set) var position = 0

    init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

    /// The bytes not yet read.
    var remaining: Int { bytes.count - position }

    /// The next `count` bytes.
    mutating func take(_ count: Int) throws(Malformation) -> UnsafeRawBufferPointer {
        guard count >= 0, count <= remaining else { throw .ends(wanted: count, left: remaining) }
        defer { position += count }
        return UnsafeRawBufferPointer(rebasing: bytes[position..<position + count])
    }

    /// All bytes not yet read.
    mutating func takeRest() -> UnsafeRawBufferPointer {
        defer { position = bytes.count }
        return UnsafeRawBufferPointer(rebasing: bytes[position...])
    }

    mutating func byte() throws(Malformation) -> UInt8 {
        guard position < bytes.count else { throw .ends(wanted: 1, left: 0) }
        defer { position += 1 }
        return bytes[position]
    }

    /// An unsigned 32-bit integer.
    mutating func uint32() throws(Malformation) -> Int {
        guard remaining >= 4 else { throw .ends(wanted: 4, left: remaining) }
        defer { position += 4 }
        return Int(UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: position, as: UInt32.self)))
    }

    /// An unsigned LEB128 integer.
    mutating func varint() throws(Malformation) -> UInt64 {
        var value: UInt64 = 0
        var shift: UInt64 = 0
        while true {
            let next = try byte()
            guard shift < 63 || next <= 1 else {
                throw Malformation(found: "an integer of more than 64 bits", expected: "one that fits")
            }
            value |= UInt64(next & 0x7F) << shift
            if next & 0x80 == 0 { return value }
            shift += 7
        }
    }

    /// A signed integer, zigzag and LEB128.
    mutating func zigzag() throws(Malformation) -> Int64 {
        let value = try varint()
        return Int64(bitPattern: value >> 1) ^ -Int64(bitPattern: value & 1)
    }

    /// A varint that counts things.
    mutating func count() throws(Malformation) -> Int {
        let value = try varint()
        guard value <= UInt64(Int32.max) else {
            throw Malformation(found: "a count of \(value)", expected: "less than 2^31")
        }
        return Int(value)
    }
}

extension Malformation {
    static func ends(wanted: Int, left: Int) -> Malformation {
        Malformation(found: "\(left) bytes are left", expected: "at least \(wanted)")
    }
}

extension [UInt8] {
    /// `withUnsafeBytes` with a typed error.
    func withBytes<Value, Failure: Error>(
        _ body: (UnsafeRawBufferPointer) throws(Failure) -> Value
    ) throws(Failure) -> Value {
        try withUnsafeBufferPointer { (bytes) throws(Failure) in try body(UnsafeRawBufferPointer(bytes)) }
    }
}
