/// The last line of a log that has no line end: the log is still being written, or was cut.
///
/// Nothing shows whether a number at its very end is whole: `3.684` may be the beginning of `3.684182E-01`. Such a number
/// is not read; what stands before it is.
enum OpenLine {
    /// The line without the number that reaches its last byte. A line that ends in anything else is returned as it is.
    ///
    /// Thousands set apart by commas belong to the number: any group of them may be missing.
    static func closed(_ line: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer {
        var start = numberStart(in: line, end: line.count)
        guard start < line.count else { return line }
        while start > 1, line[start - 1] == 0x2C, isGroup(line[start...]) {
            let before = numberStart(in: line, end: start - 1)
            guard before < start - 1, isLeadingGroup(line[before..<start - 1]) else { break }
            start = before
        }
        return UnsafeRawBufferPointer(rebasing: line[..<start])
    }

    /// Where the run of digits, points, signs and exponent letters before `end` begins, if it is a number; else `end`.
    private static func numberStart(in line: UnsafeRawBufferPointer, end: Int) -> Int {
        var start = end
        var hasDigit = false
        while start > 0 {
            let byte = line[start - 1]
            guard byte.isDigit || [0x2B, 0x2D, 0x2E].contains(byte) || byte | 0x20 == 0x65 else { break }
            hasDigit = hasDigit || byte.isDigit
            start -= 1
        }
        // The letter e at the front belongs to a word, and so do digits behind letters: "step7", "model".
        while start < end, line[start] | 0x20 == 0x65 { start += 1 }
        return hasDigit || start < end && [0x2B, 0x2D].contains(line[end - 1]) ? start : end
    }

    /// Three digits, or fewer where the line ends: the last group of a number may be cut.
    private static func isGroup(_ bytes: Slice<UnsafeRawBufferPointer>) -> Bool {
        let digits = bytes.prefix(while: \.isDigit).count
        return digits == 3 || digits > 0 && digits < 3 && digits == bytes.count
    }

    private static func isLeadingGroup(_ bytes: Slice<UnsafeRawBufferPointer>) -> Bool {
        bytes.count <= 3 && bytes.allSatisfy(\.isDigit)
    }
}

extension Lines {
    /// Calls `body` with every line, like ``forEach(in:from:_:)``; a last line without its end is ``OpenLine/closed(_:)``.
    static func forEachClosed(in bytes: UnsafeRawBufferPointer, _ body: (ByteCursor, Int) -> Bool) {
        let end = lastEnd(in: bytes)
        let whole = UnsafeRawBufferPointer(rebasing: bytes[..<end])
        var goesOn = true
        let number = forEach(in: whole) { line, number in
            goesOn = body(line, number)
            return goesOn
        }
        guard goesOn, end < bytes.count else { return }
        forEach(in: OpenLine.closed(UnsafeRawBufferPointer(rebasing: bytes[end...])), from: number, body)
    }
}
