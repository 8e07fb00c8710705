import Terms

/// Reads settings out of what a trainer dumps of its configuration, in whatever notation: see ``DumpKey``.
///
/// Sections are recognised by brackets within a line and by indentation between lines, as every pretty-printer sets them.
struct DumpReader {
    private let keys: [UInt64: [DumpKey]]
    /// The sections in which the line stands, and the column at which each began.
    private var sections: [(column: Int, name: UInt64)] = []
    /// Bytes that may still be searched: dumps stand at the beginning of a process.
    private var budget = Self.mostBytes
    private var records = 0

    /// A dump of settings is a few hundred kilobytes at most, the source of a trainer included.
    private static let mostBytes = 4 << 20
    private static let deepest = 16

    init(format: String) {
        keys = Self.keys(of: format)
    }

    /// Reads a line that is no record.
    mutating func read(_ text: ByteCursor, into history: inout HistoryBuilder) {
        guard !keys.isEmpty else { return }
        if history.history.train.count != records {
            records = history.history.train.count
            budget = min(budget + 4096, Self.mostBytes)
        }
        guard budget > 0, !text.isAtEnd else { return }
        budget -= text.bytes.count - text.position
        let column = text.position
        if tableHeader(text) { return }
        while let last = sections.last, last.column >= column { sections.removeLast() }
        var cursor = text
        while !cursor.isAtEnd {
            let byte = cursor.current
            if byte.isLetter || byte == 0x5F {
                name(&cursor, column: column, into: &history)
            } else if byte == 0x7B || byte == 0x28 || byte == 0x5B {
                open(0, column: column, at: &cursor)
            } else if byte == 0x7D || byte == 0x29 || byte == 0x5D {
                if !sections.isEmpty { sections.removeLast() }
                cursor.position += 1
            } else {
                cursor.position += 1
            }
        }
    }

    /// TOML's `[training]`, which holds until the next one.
    private mutating func tableHeader(_ text: ByteCursor) -> Bool {
        var cursor = text
        guard cursor.take(0x5B) else { return false }
        let start = cursor.position
        while cursor.current.isLetter || cursor.current == 0x5F || cursor.current == 0x2E { cursor.position += 1 }
        let name = start..<cursor.position
        guard !name.isEmpty, cursor.take(0x5D) else { return false }
        cursor.skipSpaces()
        guard cursor.isAtEnd else { return false }
        sections = [(-1, Self.hash(cursor.bytes[name]))]
        return true
    }

    /// A name, and what is set to it.
    private mutating func name(_ cursor: inout ByteCursor, column: Int, into history: inout HistoryBuilder) {
        let start = cursor.position
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        while cursor.current.isLetter || cursor.current.isDigit || cursor.current == 0x5F {
            hash = (hash ^ UInt64(cursor.current)) &* 0x100_0000_01B3
            cursor.position += 1
        }
        let isOption = start > 0 && (cursor.bytes[start - 1] == 0x2D || cursor.bytes[start - 1] == 0x2E)
        var value = cursor
        if value.current == 0x27 || value.current == 0x22 { value.position += 1 }
        let nameEnd = value.position
        value.skipSpaces()
        let form: DumpKey.Form
        if value.sees("..") {
            while value.current == 0x2E { value.position += 1 }
            form = .dots
        } else if value.current == 0x3A || value.current == 0x3D && value.peek(1) != 0x3D {
            value.position += 1
            form = .pair
        } else if value.position - nameEnd >= 2, value.current.isDigit {
            form = .dots  // A name as wide as its column has no dots.
        } else {
            if cursor.current == 0x28 { open(hash, column: column, at: &cursor) }
            return
        }
        value.skipSpaces()
        if let found = keys[hash], !isOption { take(found, form, value, column: column, into: &history) }
        guard form == .pair else { return }
        if value.isAtEnd || value.current == 0x7B || value.current == 0x28 || value.current == 0x5B {
            cursor.position = min(value.position, value.bytes.count)
            open(hash, column: column, at: &cursor)
        } else if value.current == 0x27 || value.current == 0x22 {
            skipText(&value)
            cursor = value
        } else if value.current.isLetter {
            // `tokens=TokensArgs(` is the section `tokens`.
            while value.current.isLetter || value.current.isDigit || value.current == 0x5F { value.position += 1 }
            cursor = value
            if value.current == 0x28 { open(hash, column: column, at: &cursor) }
        }
    }

    private mutating func open(_ name: UInt64, column: Int, at cursor: inout ByteCursor) {
        if sections.count < Self.deepest { sections.append((column, name)) }
        if !cursor.isAtEnd { cursor.position += 1 }
    }

    private func skipText(_ cursor: inout ByteCursor) {
        let quote = cursor.current
        cursor.position += 1
        while !cursor.isAtEnd, cursor.current != quote { cursor.position += cursor.current == 0x5C ? 2 : 1 }
        if !cursor.isAtEnd { cursor.position += 1 }
    }

    private func take(
        _ found: [DumpKey],
        _ form: DumpKey.Form,
        _ text: ByteCursor,
        column: Int,
        into history: inout HistoryBuilder
    ) {
        var value = text
        var form = form
        if form == .pair, value.take("int") {
            value.skipSpaces()
            guard value.take(0x3D) else { return }
            value.skipSpaces()
            form = .annotated
        }
        for key in found where key.form == form {
            if let section = key.section {
                guard section.isEmpty ? sections.isEmpty && column == 0 : sections.last?.name == Self.hash(section.utf8)
                else { continue }
            }
            var probe = value
            if let number = probe.configuredInteger() {
                if number > 0 { history.geometry(key.quantity, number, key.authority) }
            } else if !value.isUnset {
                history.geometry(key.quantity, nil, key.authority)
            }
            return
        }
    }

    /// The keys of a format by the hash of their names.
    private static func keys(of format: String) -> [UInt64: [DumpKey]] {
        let own = DumpKey.all.filter { $0.formats.isEmpty || $0.formats.contains(format) }
        return Dictionary(grouping: own) { hash($0.name.utf8) }
    }

    private static func hash(_ name: some Sequence<UInt8>) -> UInt64 {
        name.reduce(0xCBF2_9CE4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
    }
}

extension ByteCursor {
    /// Whether the value says that nothing is set: `None`, `null`, `-1`, `auto`, `???`.
    fileprivate var isUnset: Bool {
        var text = self
        if text.current == 0x27 || text.current == 0x22 { text.position += 1 }
        return text.isAtEnd || text.sees("None") || text.sees("null") || text.sees("-") || text.sees("auto")
            || text.sees("~")
            || text.sees("???") || text.sees("$")
    }
}
