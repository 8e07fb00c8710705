/// Reads JSON objects and Python dictionaries as they stand in logs: `NaN` and `Infinity` bare, single or double quotes,
/// numbers as quoted strings, `None`, `True`. Nothing is built: keys and numbers are handed over as they come.
struct MappingScanner {
    var cursor: ByteCursor
    /// Objects inside each other that are followed; deeper ones are an error.
    static let deepest = 32

    init(_ cursor: ByteCursor) { self.cursor = cursor }

    mutating func skipBlanks() {
        while !cursor.isAtEnd, cursor.current <= 0x20 { cursor.position += 1 }
    }

    /// The bytes of a quoted string, escapes as written. Nil, at the end of the bytes, when it is not closed.
    mutating func string() -> Range<Int>? {
        let quote = cursor.current
        guard quote == 0x22 || quote == 0x27 else { return nil }
        cursor.position += 1
        let start = cursor.position
        while !cursor.isAtEnd {
            let byte = cursor.current
            if byte == quote {
                defer { cursor.position += 1 }
                return start..<cursor.position
            }
            cursor.position += byte == 0x5C ? 2 : 1
        }
        return nil
    }

    /// A scalar's number: a bare number, or a string that is nothing but a number. Steps over any scalar.
    mutating func scalar() -> Double? {
        if cursor.current == 0x22 || cursor.current == 0x27 {
            guard let range = string(), !range.isEmpty, range.count < 64 else { return nil }
            var inside = cursor.slice(range)
            guard let value = inside.number(), inside.isAtEnd else { return nil }
            return value
        }
        let value = cursor.number()
        while cursor.current > 0x20, cursor.current != 0x2C, cursor.current != 0x7D, cursor.current != 0x5D {
            cursor.position += 1
        }
        return value
    }

    /// Steps over a bracketed value from its opening bracket; strings inside are respected.
    mutating func skipBracketed() -> Bool {
        var depth = 0
        while !cursor.isAtEnd {
            switch cursor.current {
            case 0x5B, 0x7B: depth += 1
            case 0x5D, 0x7D:
                depth -= 1
                if depth <= 0 {
                    cursor.position += 1
                    return depth == 0
                }
            case 0x22, 0x27:
                guard string() != nil else { return false }
                continue
            default: break
            }
            cursor.position += 1
        }
        return false
    }

    /// Reads one object from its brace. Arrays inside are passed over; of objects inside, the members are taken with
    /// the name they stand under. False when it is not a complete object.
    mutating func record(into record: inout MetricRecord) -> Bool {
        guard cursor.take(0x7B) else { return false }
        var parents: [Range<Int>] = []
        var depth = 1
        while true {
            skipBlanks()
            if cursor.take(0x2C) { continue }
            if cursor.take(0x7D) {
                depth -= 1
                if depth == 0 { return true }
                parents.removeLast()
                continue
            }
            guard let key = string() else { return false }
            skipBlanks()
            guard cursor.take(0x3A) else { return false }
            skipBlanks()
            switch cursor.current {
            case 0x7B:
                guard depth < Self.deepest else { return false }
                depth += 1
                parents.append(key)
                cursor.position += 1
            case 0x5B:
                guard skipBracketed() else { return false }
            default:
                let start = cursor.position
                let value = scalar()
                guard cursor.position > start else { return false }
                let name = UnsafeRawBufferPointer(rebasing: cursor.bytes[key])
                if value == nil, Self.isSplitName(name), Self.isEvaluation(cursor.slice(start + 1..<cursor.position)) {
                    record.isEvaluation = true
                }
                let parent = parents.last.map { UnsafeRawBufferPointer(rebasing: cursor.bytes[$0]) }
                if let known = MetricKey.named(name, parent: parent) {
                    if value == nil, known.kind == .step || known.kind == .epoch,
                        let pair = Self.position(cursor.slice(start..<cursor.position))
                    {
                        record.set(known, Double(pair.number))
                        if known.kind == .step { record.set(MetricKey(kind: .totalSteps, rank: 0), Double(pair.total)) }
                    }
                    // Without a value a summary key still says what the record is.
                    if let value { record.set(known, value) } else if known.kind == .summary { record.set(known, 0) }
                }
            }
        }
    }

    /// `"5/547"`: a number and what it goes up to, in quotes.
    private static func position(_ quoted: ByteCursor) -> (number: Int, total: Int)? {
        var cursor = quoted
        cursor.position = 1
        guard let number = cursor.integer(), cursor.take("/"), let total = cursor.integer(),
            cursor.position == quoted.bytes.count - 1
        else { return nil }
        return (number, total)
    }

    /// `{"split": "val", "loss": 3.1}`: a name whose value says which data were measured.
    private static func isSplitName(_ name: UnsafeRawBufferPointer) -> Bool {
        let names: [StaticString] = ["split", "phase", "mode", "type", "kind", "event", "stage", "set"]
        let cursor = ByteCursor(name)
        return names.contains { $0.utf8CodeUnitCount == name.count && cursor.sees($0) }
    }

    private static func isEvaluation(_ value: ByteCursor) -> Bool {
        value.sees("val") || value.sees("eval") || value.sees("test") || value.sees("dev")
    }
}
