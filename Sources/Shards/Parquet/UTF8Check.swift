/// Whether bytes are UTF-8.
///
/// Source: The Unicode Standard, table 3-7.
enum UTF8Check {
    /// The offset of the first byte that begins no valid character; `nil` when all are valid.
    static func firstInvalid(_ bytes: UnsafeRawBufferPointer) -> Int? {
        let count = bytes.count
        var at = 0
        while at < count {
            let first = bytes[at]
            if first < 0x80 {
                at += 1
                // 16 bytes of ASCII at a time: most text is little else.
                while count - at >= 16 {
                    let low = bytes.loadUnaligned(fromByteOffset: at, as: UInt64.self)
                    let high = bytes.loadUnaligned(fromByteOffset: at + 8, as: UInt64.self)
                    guard (low | high) & 0x8080_8080_8080_8080 == 0 else { break }
                    at += 16
                }
                continue
            }
            let length: Int
            // The second byte has the narrower bounds where the first leaves them open.
            var lowest: UInt8 = 0x80
            var highest: UInt8 = 0xBF
            switch first {
            case 0xC2...0xDF: length = 2
            case 0xE0: (length, lowest) = (3, 0xA0)
            case 0xED: (length, highest) = (3, 0x9F)
            case 0xE1...0xEF: length = 3
            case 0xF0: (length, lowest) = (4, 0x90)
            case 0xF4: (length, highest) = (4, 0x8F)
            case 0xF1...0xF3: length = 4
            default: return at
            }
            guard count - at >= length, (lowest...highest).contains(bytes[at + 1]) else { return at }
            for offset in 2..<max(2, length) where bytes[at + offset] & 0xC0 != 0x80 { return at }
            at += length
        }
        return nil
    }
}
