/// Follows a traceback from its first line to the one that says what happened.
struct TracebackReader {
    /// What a line is to the traceback.
    enum Part {
        /// A frame, or a line that belongs to one.
        case frame
        /// The exception, from its first byte.
        case exception(ByteCursor)
    }

    /// The line that it begins with; `nil` outside of one.
    private(set) var start: Int?
    /// Whether it ends nothing.
    private(set) var isIgnored = false
    /// The number of its chain: tracebacks that one line joins are of one chain.
    private(set) var chain = 0
    private var depth = 0
    private var prefix: [UInt8] = []
    private var chainedAt: Int?
    private var ignoredAt: Int?

    private static let mostFrames = 2000
    private static let longestPrefix = 160

    /// Notes a line that stands between tracebacks.
    mutating func note(_ signs: EndingWords.Signs, at number: Int) {
        if signs.contains(.chained) { chainedAt = number }
        if signs.contains(.ignored) { ignoredAt = number }
    }

    /// Begins a traceback; what stands before it in its line is what the launcher put before every line.
    mutating func begin(_ line: ByteCursor, at number: Int) {
        var probe = line
        probe.position = 0
        _ = probe.seek("Traceback (most recent call last)")
        let length = probe.position - "Traceback (most recent call last)".utf8.count
        prefix = length <= Self.longestPrefix ? Array(line.bytes.prefix(length)) : []
        start = number
        depth = 0
        // A blank line or a warning may stand between; the lines of other ranks seldom are more.
        if !isNear(chainedAt, number) { chain += 1 }
        isIgnored = isNear(ignoredAt, number)
    }

    /// Reads a line of an open traceback.
    /// - Parameters:
    ///   - line: the line from its first byte.
    ///   - text: the line behind its prefix, as the prefix reader sees it.
    mutating func read(_ line: ByteCursor, behindPrefix text: ByteCursor) -> Part {
        depth += 1
        if depth > Self.mostFrames { start = nil }
        let own = behindOwnPrefix(line)
        let body = own ?? text
        if body.isAtEnd || isBox(body) { return .frame }
        var words = body
        words.skipSpaces()
        if words.isAtEnd || words.sees("File \"") || words.sees("Traceback (most recent") { return .frame }
        let isIndented = own != nil ? body.current == 0x20 || body.current == 0x09 : text.peek(-1) == 0x20
        // The prefix reader swallows the indentation with the prefix: an exception is recognised by its form.
        if isIndented, own != nil || !EventRules.isException(text) { return .frame }
        start = nil
        return .exception(words)
    }

    private func isNear(_ line: Int?, _ number: Int) -> Bool { line.map { number - $0 <= 4 } ?? false }

    /// Ends it without its exception.
    mutating func end() { start = nil }

    /// The line behind what stood before the first line; digits, those of a clock, may differ.
    private func behindOwnPrefix(_ line: ByteCursor) -> ByteCursor? {
        guard !prefix.isEmpty || line.bytes.count > 0, line.bytes.count >= prefix.count else { return nil }
        for (mine, theirs) in zip(prefix, line.bytes) where mine != theirs && !(mine.isDigit && theirs.isDigit) {
            return nil
        }
        // A prefix of nothing fits every line, also one that another rank's prefix begins.
        if prefix.isEmpty, line.bytes.first != 0x20, line.bytes.first != 0x09 { return nil }
        var probe = line
        probe.position = prefix.count
        return probe
    }

    /// Whether a line is part of the frame that `rich` draws around a traceback.
    private func isBox(_ text: ByteCursor) -> Bool {
        text.current == 0xE2 && (text.peek(1) == 0x94 || text.peek(1) == 0x95)
    }
}
