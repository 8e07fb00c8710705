/// The lines of a log. A line ends at a line feed or a carriage return: a progress bar redrawn with carriage returns
/// is many lines, and a metric glued behind one stands on its own.
enum Lines {
    /// Bytes of one line that are looked at. Nothing a trainer prints on one line comes near.
    static let longestLine = 1 << 20

    /// Calls `body` with every line that is not empty and its 1-based number (carriage returns do not count).
    ///
    /// Terminal colour sequences and other control characters are removed first; lines without any, nearly all, are
    /// handed over in place. `body` returns false to stop.
    /// - Parameter first: the number of the first line.
    /// - Returns: the number of the line that the bytes end in.
    @inline(__always) @discardableResult
    static func forEach(
        in bytes: UnsafeRawBufferPointer,
        from first: Int = 1,
        _ body: (ByteCursor, Int) -> Bool
    ) -> Int {
        var start = 0
        var index = 0
        var number = first
        var isClean = true
        var scratch: [UInt8] = []
        let count = bytes.count
        while true {
            index = nextControl(in: bytes, from: index)
            let byte: UInt8 = index < count ? bytes[index] : 0x0A
            if byte != 0x0A && byte != 0x0D {
                if byte != 0x09 { isClean = false }
                index += 1
                continue
            }
            if index > start {
                let line = UnsafeRawBufferPointer(rebasing: bytes[start..<min(index, start + longestLine)])
                var goesOn: Bool
                if isClean {
                    goesOn = body(ByteCursor(line), number)
                } else {
                    removeControls(from: line, into: &scratch)
                    goesOn = scratch.withUnsafeBytes { $0.isEmpty || body(ByteCursor($0), number) }
                }
                if !goesOn { return number }
            }
            if index >= count { return number }
            if byte == 0x0A { number += 1 }
            index += 1
            start = index
            isClean = true
        }
    }

    /// Where the first line end begins, or the end of the bytes.
    static func firstEnd(in bytes: UnsafeRawBufferPointer) -> Int {
        bytes.firstIndex { $0 == 0x0A || $0 == 0x0D } ?? bytes.count
    }

    /// The index behind the last line end; 0 when there is none.
    static func lastEnd(in bytes: UnsafeRawBufferPointer) -> Int {
        bytes.lastIndex { $0 == 0x0A || $0 == 0x0D }.map { $0 + 1 } ?? 0
    }

    /// The index of the next byte below 0x20, or the end. Eight bytes at a time.
    @inline(__always)
    private static func nextControl(in bytes: UnsafeRawBufferPointer, from start: Int) -> Int {
        var index = start
        let count = bytes.count
        while index + 8 <= count {
            let word = UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: index, as: UInt64.self))
            let hits = (word &- 0x2020_2020_2020_2020) & ~word & 0x8080_8080_8080_8080
            if hits != 0 { return index + hits.trailingZeroBitCount >> 3 }
            index += 8
        }
        while index < count, bytes[index] >= 0x20 { index += 1 }
        return index
    }

    /// Copies a line without escape sequences (`ESC [ … letter`, `ESC ] … BEL`) and control characters.
    @inline(never)
    private static func removeControls(from line: UnsafeRawBufferPointer, into scratch: inout [UInt8]) {
        scratch.removeAll(keepingCapacity: true)
        var cursor = ByteCursor(line)
        while !cursor.isAtEnd {
            let byte = cursor.current
            cursor.position += 1
            if byte == 0x1B {
                if cursor.take(0x5B) {
                    while !cursor.isAtEnd, cursor.current < 0x40 { cursor.position += 1 }
                    cursor.position += 1
                } else if cursor.take(0x5D) {
                    cursor.position = min(cursor.index(of: 0x07) + 1, line.count)
                }
            } else if byte >= 0x20 || byte == 0x09 {
                scratch.append(byte)
            }
        }
    }
}
