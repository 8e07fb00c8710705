/// A reading position in the bytes of one line (or document). No read goes past the end: there it sees the byte 0.
///
/// The bytes are borrowed: a cursor lives no longer than the call that was handed it.
package struct ByteCursor {
    let bytes: UnsafeRawBufferPointer
    var position: Int

    package init(_ bytes: UnsafeRawBufferPointer, position: Int = 0) {
        self.bytes = bytes
        self.position = position
    }

    /// A cursor over a part of the bytes, clamped to them.
    func slice(_ range: Range<Int>) -> ByteCursor {
        ByteCursor(UnsafeRawBufferPointer(rebasing: bytes[range.clamped(to: 0..<bytes.count)]))
    }

    @inline(__always) var isAtEnd: Bool { position >= bytes.count }

    /// The byte at the position; 0 past the end.
    @inline(__always) var current: UInt8 { position < bytes.count ? bytes[position] : 0 }

    /// The byte at a distance from the position; 0 outside.
    @inline(__always) func peek(_ offset: Int) -> UInt8 {
        let index = position + offset
        return index >= 0 && index < bytes.count ? bytes[index] : 0
    }

    @inline(__always) mutating func skipSpaces() {
        while position < bytes.count, bytes[position] == 0x20 || bytes[position] == 0x09 { position += 1 }
    }

    /// Whether the literal stands at the position.
    @inline(__always) func sees(_ literal: StaticString) -> Bool {
        let count = literal.utf8CodeUnitCount
        guard position >= 0, count <= bytes.count - position else { return false }
        let text = literal.utf8Start
        for index in 0..<count where bytes[position + index] != text[index] { return false }
        return true
    }

    /// Steps over the literal if it stands at the position.
    @inline(__always) mutating func take(_ literal: StaticString) -> Bool {
        guard sees(literal) else { return false }
        position += literal.utf8CodeUnitCount
        return true
    }

    @inline(__always) mutating func take(_ byte: UInt8) -> Bool {
        guard position < bytes.count, bytes[position] == byte else { return false }
        position += 1
        return true
    }

    /// Moves behind the next occurrence of the literal; stays where it is when there is none.
    @inline(__always) mutating func seek(_ literal: StaticString) -> Bool {
        seek(UnsafeRawBufferPointer(start: literal.utf8Start, count: literal.utf8CodeUnitCount))
    }

    /// Moves behind the next occurrence of the text. Without one the position does not change.
    mutating func seek(_ text: UnsafeRawBufferPointer) -> Bool {
        let count = text.count
        guard count > 0, position >= 0 else { return false }
        let (first, last) = (text[0], text[count - 1])
        var index = position
        let end = bytes.count - count
        // Eight places at a time: those where the first byte and the last one fit.
        while index + 7 <= end {
            var places =
                Self.places(of: first, in: bytes, at: index) & Self.places(of: last, in: bytes, at: index + count - 1)
            while places != 0 {
                let place = index + places.trailingZeroBitCount >> 3
                if holds(text, at: place) {
                    position = place + count
                    return true
                }
                places &= places - 1
            }
            index += 8
        }
        while index <= end {
            if bytes[index] == first, holds(text, at: index) {
                position = index + count
                return true
            }
            index += 1
        }
        return false
    }

    /// The high bit of each of eight bytes that equal a byte.
    @inline(__always)
    private static func places(of byte: UInt8, in bytes: UnsafeRawBufferPointer, at index: Int) -> UInt64 {
        let word = UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: index, as: UInt64.self))
        let difference = word ^ (UInt64(byte) &* 0x0101_0101_0101_0101)
        let low: UInt64 = 0x7F7F_7F7F_7F7F_7F7F
        return ~(((difference & low) &+ low) | difference | low)
    }

    /// Whether a text that fits into the bytes stands at a place.
    @inline(__always) func holds(_ text: UnsafeRawBufferPointer, at place: Int) -> Bool {
        for offset in 0..<text.count where bytes[place + offset] != text[offset] { return false }
        return true
    }

    /// The index of the next occurrence of a byte, or the end.
    func index(of byte: UInt8) -> Int {
        var index = position
        while index < bytes.count, bytes[index] != byte { index += 1 }
        return index
    }
}

extension UInt8 {
    @inline(__always) var isDigit: Bool { self &- 0x30 < 10 }
    @inline(__always) var isLetter: Bool { (self | 0x20) &- 0x61 < 26 }
    /// The lower-case form of an ASCII letter; other bytes as they are.
    @inline(__always) var lowercased: UInt8 { self &- 0x41 < 26 ? self | 0x20 : self }
}
