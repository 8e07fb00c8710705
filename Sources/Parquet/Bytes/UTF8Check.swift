/// Whether bytes are UTF-8.
///
/// Source: The Unicode Standard, table 3-7.
package enum UTF8Check {
    /// The offset of the first byte that begins no valid character; `nil` when all are valid.
    package static func firstInvalid(_ bytes: UnsafeRawBufferPointer) -> Int? {
        let count = bytes.count
        var at = 0
        while at < count {
            let first = bytes[at]
            if first < 0x80 {
                at += 1
                at = endOfASCII(bytes, from: at)
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

    /// Passes over ASCII, 64 and then 16 bytes at a time: most text is little else. What follows is looked at byte by byte.
    private static func endOfASCII(_ bytes: UnsafeRawBufferPointer, from start: Int) -> Int {
        guard let base = bytes.baseAddress else { return start }
        func load(_ offset: Int) -> SIMD16<UInt8> { base.loadUnaligned(fromByteOffset: offset, as: SIMD16<UInt8>.self) }
        func isASCII(_ bytes: SIMD16<UInt8>) -> Bool {
            // The same 16 bytes in two lanes instead of sixteen: any bits are a value of either type.
            let halves = unsafeBitCast(bytes, to: SIMD2<UInt64>.self)
            return (halves[0] | halves[1]) & 0x8080_8080_8080_8080 == 0
        }
        var at = start
        while bytes.count &- at >= 64, isASCII(load(at) | load(at &+ 16) | load(at &+ 32) | load(at &+ 48)) {
            at &+= 64
        }
        while bytes.count &- at >= 16, isASCII(load(at)) { at &+= 16 }
        return at
    }
}
