/// CRC-32C (Castagnoli) as TFRecord files use it.
package enum CRC32C {
    /// Row `n` is the effect of a byte that `n` more bytes follow, for eight bytes at once.
    private static let table: [UInt32] = {
        var rows = (0..<256).map { index in
            var value = UInt32(index)
            for _ in 0..<8 { value = value & 1 == 1 ? value >> 1 ^ 0x82F6_3B78 : value >> 1 }
            return value
        }
        for index in 256..<2048 { rows.append(rows[index - 256] >> 8 ^ rows[Int(rows[index - 256] & 0xFF)]) }
        return rows
    }()

    /// The checksum of some bytes.
    package static func checksum(_ bytes: UnsafeRawBufferPointer) -> UInt32 {
        table.withUnsafeBufferPointer { table in
            var value = ~UInt32(0)
            var index = 0
            while index + 8 <= bytes.count {
                let word = UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: index, as: UInt64.self))
                let mixed = word ^ UInt64(value)
                value = 0
                for byte in 0..<8 {
                    value ^= table[(7 - byte) * 256 + Int(UInt8(truncatingIfNeeded: mixed >> (UInt64(byte) * 8)))]
                }
                index += 8
            }
            while index < bytes.count {
                value = table[Int(UInt8(truncatingIfNeeded: value) ^ bytes[index])] ^ value >> 8
                index += 1
            }
            return ~value
        }
    }

    /// The checksum as TFRecord stores it: rotated and offset, so that checksums of checksums stay useful.
    package static func masked(_ bytes: UnsafeRawBufferPointer) -> UInt32 {
        let value = checksum(bytes)
        return (value >> 15 | value << 17) &+ 0xA282_EAD8
    }
}
