/// Integers at places of a buffer; 0 beyond its end.
struct LittleEndian {
    let bytes: [UInt8]

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    func unsigned(_ offset: Int, width: Int) -> UInt64 {
        guard offset >= 0, width <= 8, bytes.count >= width, offset <= bytes.count - width else { return 0 }
        return bytes[offset..<offset + width].reversed().reduce(0) { $0 << 8 | UInt64($1) }
    }

    func int32(_ offset: Int) -> Int { Int(Int32(truncatingIfNeeded: unsigned(offset, width: 4))) }

    func int64(_ offset: Int) -> Int { Int(truncatingIfNeeded: unsigned(offset, width: 8)) }
}
