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
        let count = literal.utf8CodeUnitCount
        guard count > 0, position >= 0 else { return false }
        let first = literal.utf8Start[0]
        var index = position
        let last = bytes.count - count
        while index <= last {
            if bytes[index] == first {
                var probe = self
                probe.position = index
                if probe.take(literal) {
                    self = probe
                    return true
                }
            }
            index += 1
        }
        return false
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
