/// How the lines of one kind are laid out: the words between their numbers, and what each number measures.
///
/// A trainer prints one format string again and again, so a line is compared with the words of one before it; only lines
/// of another layout are taken apart and looked up.
struct LineLayout {
    private struct Field {
        /// The words before the number, without the spaces at their end.
        var words: Range<Int>
        /// The place of its series; nil where it is of no known meaning.
        var place: Int?
        var scale: Double
    }

    /// The words before the numbers, one behind the other.
    private var words: [UInt8] = []
    private var fields: [Field] = []
    private var values: [Double] = []
    /// Whether a line holds a series.
    var isEmpty: Bool { fields.isEmpty }

    /// Numbers that are followed on one line.
    private static let mostFields = 48

    /// Takes a line apart and finds a place for what it measures. Nil for a line with too many numbers.
    init?(_ line: ByteCursor, into table: inout SeriesTable) {
        var cursor = line
        var start = 0
        let names = FieldNames(line)
        while let number = cursor.seekField() {
            guard fields.count < Self.mostFields else { return nil }
            let meaning = names.meaning(of: number, behind: start)
            let place = meaning.flatMap { table.place(of: $0.series) }
            // The same series twice on a line: its first name holds.
            let isTaken = place.map { place in fields.contains { $0.place == place } } ?? false
            let text = line.slice(start..<number.lowerBound).trimmedEnd
            let range = words.count..<words.count + text.bytes.count
            words.append(contentsOf: text.bytes)
            fields.append(Field(words: range, place: isTaken ? nil : place, scale: meaning?.scale ?? 1))
            start = number.upperBound
        }
        // Before the first series stand launchers' names, dates and the step. Numbers behind the last one are followed: a
        // field that begins later changes them.
        fields.removeFirst(fields.firstIndex { $0.place != nil } ?? fields.count)
        values = Array(repeating: 0, count: fields.count)
    }

    /// Reads a line of this layout. False, without a record, when it has another.
    mutating func read(_ line: ByteCursor, step: Int, into table: inout SeriesTable) -> Bool {
        let isKnown = fields.withUnsafeBufferPointer { fields in
            words.withUnsafeBytes { words in
                values.withUnsafeMutableBufferPointer { values in
                    var cursor = line
                    guard let first = fields.first, cursor.seek(.init(rebasing: words[first.words])) else {
                        return false
                    }
                    for index in fields.indices {
                        let field = fields[index]
                        if index > 0, !cursor.take(.init(rebasing: words[field.words])) { return false }
                        cursor.skipSpaces()
                        if field.place != nil {
                            guard let value = cursor.fieldNumber() else { return false }
                            values[index] = value * field.scale
                        } else {
                            guard cursor.skipFieldNumber() else { return false }
                        }
                    }
                    return true
                }
            }
        }
        guard isKnown else { return false }
        for index in fields.indices {
            if let place = fields[index].place { table.append(place, step: step, value: values[index]) }
        }
        return true
    }
}

extension ByteCursor {
    /// Steps over a text if it stands at the position.
    @inline(__always) fileprivate mutating func take(_ text: UnsafeRawBufferPointer) -> Bool {
        guard text.count <= bytes.count - position, holds(text, at: position) else { return false }
        position += text.count
        return true
    }

    /// A number as it stands in a field: thousands may be set apart by commas.
    @inline(__always) fileprivate mutating func fieldNumber() -> Double? {
        let start = position
        guard var value = number() else { return nil }
        guard current == 0x2C, position - start <= 4 else { return value }
        let isNegative = value < 0
        value = abs(value)
        while current == 0x2C, peek(1).isDigit, peek(2).isDigit, peek(3).isDigit, !peek(4).isDigit {
            value = value * 1000 + Double(peek(1) - 0x30) * 100 + Double(peek(2) - 0x30) * 10 + Double(peek(3) - 0x30)
            position += 4
        }
        if current == 0x2E, peek(1).isDigit {
            var fraction = 0.1
            position += 1
            while current.isDigit {
                value += Double(current - 0x30) * fraction
                fraction /= 10
                position += 1
            }
        }
        return isNegative ? -value : value
    }

    /// Steps over a number as ``fieldNumber()`` reads it.
    @inline(__always) fileprivate mutating func skipFieldNumber() -> Bool {
        var index = position
        if index < bytes.count, bytes[index] == 0x2D || bytes[index] == 0x2B { index += 1 }
        let start = index
        while index < bytes.count, bytes[index].isDigit { index += 1 }
        guard index > start, index == bytes.count || !Self.goesOn[Int(bytes[index])] else {
            return fieldNumber() != nil
        }
        position = index
        return true
    }

    /// The bytes that make a number more than its digits.
    private static let goesOn: [Bool] = (0...255).map { [0x2E, 0x2C, 0x65, 0x45].contains($0) }

    /// Moves behind the next number that stands for itself and not within a word. Returns its place.
    fileprivate mutating func seekField() -> Range<Int>? {
        while !isAtEnd {
            let before = peek(-1)
            let isGlued = before.isLetter || before.isDigit || before == 0x5F || before == 0x2E
            let isSigned = (current == 0x2D || current == 0x2B) && !isGlued && (peek(1).isDigit || peek(1) == 0x2E)
            if !isGlued, current.isDigit || isSigned || current | 0x20 == 0x6E || current | 0x20 == 0x69 {
                let start = position
                if fieldNumber() != nil { return start..<position }
            }
            position += 1
        }
        return nil
    }

    /// The text without spaces at its end.
    fileprivate var trimmedEnd: ByteCursor {
        var end = bytes.count
        while end > 0, bytes[end - 1] == 0x20 || bytes[end - 1] == 0x09 { end -= 1 }
        return slice(0..<end)
    }
}
