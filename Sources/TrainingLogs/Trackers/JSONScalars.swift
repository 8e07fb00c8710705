extension MappingScanner {
    /// Calls `body` with the place of each scalar of one JSON value, quotes left out, and the places of the names it stands
    /// under. Arrays are passed over. Ends where the value does, at what is no JSON, and at what is nested deeper than
    /// ``deepest``.
    mutating func forEachScalar(_ body: (_ names: [Range<Int>], _ scalar: Range<Int>) -> Void) {
        var names: [Range<Int>] = []
        skipBlanks()
        guard cursor.take(0x7B) else {
            if let scalar = scalarPlace() { body(names, scalar) }
            return
        }
        var depth = 1
        while depth > 0, !cursor.isAtEnd {
            skipBlanks()
            if cursor.take(0x2C) { continue }
            if cursor.take(0x7D) {
                depth -= 1
                _ = names.popLast()
                continue
            }
            guard let name = string() else { return }
            skipBlanks()
            guard cursor.take(0x3A) else { return }
            skipBlanks()
            switch cursor.current {
            case 0x7B:
                guard depth < Self.deepest else { return }
                cursor.position += 1
                depth += 1
                names.append(name)
            case 0x5B: guard skipBracketed() else { return }
            default:
                guard let scalar = scalarPlace() else { return }
                body(names + [name], scalar)
            }
        }
    }

    /// The place of a scalar, without its quotes; moves behind it. Nil when no scalar stands here.
    private mutating func scalarPlace() -> Range<Int>? {
        if cursor.current == 0x22 || cursor.current == 0x27 { return string() }
        let start = cursor.position
        while cursor.current > 0x20, cursor.current != 0x2C, cursor.current != 0x7D, cursor.current != 0x5D {
            cursor.position += 1
        }
        return cursor.position > start ? start..<cursor.position : nil
    }
}
