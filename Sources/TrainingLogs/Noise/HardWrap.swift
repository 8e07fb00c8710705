/// Lines that a terminal recorder or a mail program broke at a fixed width.
///
/// Nothing in the text says so, and many logs have lines of one length anyhow. A width is believed only when joining the
/// lines of that width with what follows gives more records.
struct HardWrap: Equatable {
    /// Characters in a full line.
    var width: Int

    private static let narrowest = 40
    private static let longestJoined = Lines.longestLine

    /// The length of the longest line of a sample, if several lines have it, and how many have.
    static func candidate(in sample: LogSample) -> (wrap: HardWrap, lines: Int)? {
        var longest = 0
        var count = 0
        for window in sample.windows {
            Lines.forEach(in: window) { line, _ in
                let length = columns(of: line)
                if length > longest {
                    (longest, count) = (length, 1)
                } else if length == longest {
                    count += 1
                }
                return true
            }
        }
        return longest >= narrowest && count >= 3 ? (HardWrap(width: longest), count) : nil
    }

    /// Calls `body` with whole lines, given the lines as they stand.
    struct Joiner {
        let wrap: HardWrap
        private var joined: [UInt8] = []
        private var number = 0

        init(_ wrap: HardWrap) { self.wrap = wrap }

        /// - Parameter isOpen: the line has no line end; what it ends may be cut in the part before.
        mutating func add(
            _ line: ByteCursor,
            _ number: Int,
            isOpen: Bool = false,
            _ body: (ByteCursor, Int) -> Void
        ) {
            let isFull = HardWrap.columns(of: line) == wrap.width
            if joined.isEmpty {
                guard isFull else { return body(line, number) }
                self.number = number
            }
            joined.append(contentsOf: line.bytes)
            if !isFull || joined.count > HardWrap.longestJoined { flush(isOpen: isOpen, body) }
        }

        /// - Parameter isOpen: nothing shows that the joined line ends here.
        mutating func flush(isOpen: Bool = false, _ body: (ByteCursor, Int) -> Void) {
            guard !joined.isEmpty else { return }
            joined.withUnsafeBytes { body(ByteCursor(isOpen ? OpenLine.closed($0) : $0), number) }
            joined.removeAll(keepingCapacity: true)
        }
    }

    /// The text with its lines joined.
    func joining(_ text: UnsafeRawBufferPointer) -> [UInt8] {
        var result: [UInt8] = []
        result.reserveCapacity(text.count)
        var joiner = Joiner(self)
        func append(_ line: ByteCursor, _ number: Int) {
            result.append(contentsOf: line.bytes)
            result.append(0x0A)
        }
        Lines.forEach(in: text) { line, number in
            joiner.add(line, number, append)
            return true
        }
        joiner.flush(append)
        return result
    }

    /// Characters of a line, not bytes: bars are drawn with characters of three bytes.
    private static func columns(of line: ByteCursor) -> Int {
        line.bytes.reduce(0) { $0 + ($1 & 0xC0 != 0x80 ? 1 : 0) }
    }
}
