/// Little-endian numbers at an offset; `nil` beyond the end.
// Inlined, since indexes of shards are walked number by number.
extension [UInt8] {
    /// An unsigned number of 1 to 8 bytes.
    @inlinable
    package func unsigned(at offset: Int, width: Int) -> UInt64? {
        guard offset >= 0, width <= 8, count - offset >= width else { return nil }
        var value: UInt64 = 0
        for byte in 0..<width { value |= UInt64(self[offset + byte]) << UInt64(8 * byte) }
        return value
    }

    /// A number that counts or locates; `nil` also when it does not fit.
    @inlinable
    package func size(at offset: Int, width: Int) -> Int? {
        unsigned(at: offset, width: width).flatMap { Int(exactly: $0) }
    }

    /// A signed number of 4 bytes; 0 beyond the end.
    @inlinable
    package func int32(at offset: Int) -> Int {
        unsigned(at: offset, width: 4).map { Int(Int32(truncatingIfNeeded: $0)) } ?? 0
    }

    /// A signed number of 8 bytes; 0 beyond the end.
    @inlinable
    package func int64(at offset: Int) -> Int {
        unsigned(at: offset, width: 8).map { Int(truncatingIfNeeded: $0) } ?? 0
    }
}
