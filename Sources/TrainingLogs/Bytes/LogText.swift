/// The bytes of one log while they are read: a window that moves from the front to the back, so that a log of any length is
/// read in bounded memory. Formats that are one document hold all of it.
final class LogText {
    /// What messages call the log.
    let name: String
    /// The bytes read and not yet given up. Valid until the next ``advance(by:limit:)``.
    private(set) var window: UnsafeRawBufferPointer
    /// Whether nothing follows the window.
    private(set) var isComplete: Bool
    /// Why reading stopped before the end.
    private(set) var failure: LogError?
    /// What the format was recognised by.
    var sample: LogSample
    /// The width at which lines were broken, if they were.
    var wrap: HardWrap?
    /// The last line as it stands, while it is handed over, if it has no line end.
    private(set) var openLine: UnsafeRawBufferPointer?

    private let source: (any ByteSource)?
    private var storage: UnsafeMutableRawBufferPointer

    /// Bytes of a log that are read before its format is known.
    static let headLength = 16 << 20
    /// Bytes that are read at once.
    private static let readLength = 1 << 20
    /// The longest document, such as `trainer_state.json`.
    static let longestDocument = 1 << 30

    /// A log in memory; the bytes must outlive it.
    init(_ bytes: UnsafeRawBufferPointer, name: String = "") {
        self.name = name
        window = bytes
        isComplete = true
        source = nil
        storage = UnsafeMutableRawBufferPointer(start: nil, count: 0)
        sample = LogSample(bytes)
    }

    /// A log behind a source. Reads its head.
    init(_ source: any ByteSource, name: String) {
        self.name = name
        self.source = source
        storage = .allocate(byteCount: 1 << 16, alignment: 16)
        window = UnsafeRawBufferPointer(start: nil, count: 0)
        isComplete = false
        sample = LogSample(window)
        while window.count < Self.headLength, advance(by: 0, limit: Self.headLength) {}
        sample = LogSample(window)
    }

    deinit { storage.deallocate() }

    /// What is wrong with the file although it could be read.
    var note: String? { source?.note }

    /// Gives up the front of the window and reads on. False when the end was reached, or when the window holds `limit`
    /// bytes that were not given up.
    func advance(by consumed: Int, limit: Int = LogText.headLength) -> Bool {
        let rest = UnsafeRawBufferPointer(rebasing: window[min(consumed, window.count)...])
        guard let source, !isComplete else {
            window = rest
            return false
        }
        if rest.count == storage.count {
            guard rest.count < limit else { return false }
            let larger = UnsafeMutableRawBufferPointer.allocate(byteCount: rest.count * 2, alignment: 16)
            larger.copyMemory(from: rest)
            storage.deallocate()
            storage = larger
        } else if consumed > 0 {
            storage.copyMemory(from: rest)  // They may overlap.
        }
        let free = UnsafeMutableRawBufferPointer(rebasing: storage[rest.count...].prefix(Self.readLength))
        var count = 0
        do { count = try source.read(into: free) } catch { failure = error }
        isComplete = count == 0
        window = UnsafeRawBufferPointer(rebasing: storage[..<(rest.count + count)])
        return count > 0
    }

    /// All of a log whose format is one document; nothing when it is longer than ``longestDocument``.
    func document() -> UnsafeRawBufferPointer {
        while advance(by: 0, limit: Self.longestDocument) {}
        guard isComplete else {
            failure = .tooLarge(path: name, bytes: window.count, limit: Self.longestDocument)
            return UnsafeRawBufferPointer(start: nil, count: 0)
        }
        return window
    }

    /// Calls `body` with every line and its number: see ``Lines/forEach(in:from:_:)``. Of a line longer than
    /// ``Lines/longestLine`` the rest is passed over. A last line without its end is handed over as ``OpenLine`` closes it.
    @inline(__always)
    func forEachLine(_ body: (ByteCursor, Int) -> Void) {
        guard let wrap else { return forEachLineAsItStands(body) }
        var joiner = HardWrap.Joiner(wrap)
        forEachLineAsItStands { line, number in joiner.add(line, number, isOpen: openLine != nil, body) }
        joiner.flush(isOpen: true, body)
    }

    @inline(__always)
    private func forEachLineAsItStands(_ body: (ByteCursor, Int) -> Void) {
        var number = 1
        var isPassingOver = false
        while true {
            var start = 0
            if isPassingOver {
                start = Lines.firstEnd(in: window)
                isPassingOver = start == window.count
            }
            var end = Lines.lastEnd(in: window)
            if end <= start, window.count - start >= Lines.longestLine, !isComplete {
                end = window.count
                isPassingOver = true
            }
            if end > start {
                let lines = UnsafeRawBufferPointer(rebasing: window[start..<end])
                number = Lines.forEach(in: lines, from: number) { line, number in
                    body(line, number)
                    return true
                }
            }
            if isComplete {
                let rest = max(start, end)
                if rest < window.count, !isPassingOver { handOverOpenLine(window[rest...], number, body) }
                return
            }
            _ = advance(by: max(start, end))
        }
    }

    private func handOverOpenLine(
        _ bytes: Slice<UnsafeRawBufferPointer>,
        _ number: Int,
        _ body: (ByteCursor, Int) -> Void
    ) {
        let line = UnsafeRawBufferPointer(rebasing: bytes)
        openLine = line
        Lines.forEach(in: OpenLine.closed(line), from: number) { line, number in
            body(line, number)
            return true
        }
        openLine = nil
    }
}
