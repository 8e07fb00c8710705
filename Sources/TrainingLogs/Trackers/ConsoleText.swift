/// The console of a run as a tracker kept it: pieces of text that end anywhere, read line by line for what is neither curve nor
/// configuration.
struct ConsoleText {
    private var pending: [UInt8] = []
    private var line = 0
    private var noise = NoiseReader(format: WandbRun.description.id)

    /// The longest line; of a longer one the rest is passed over.
    private static let longestLine = 64 << 10

    mutating func add(_ piece: UnsafeRawBufferPointer, into history: inout HistoryBuilder) {
        var start = 0
        while start < piece.count {
            let end = piece[start...].firstIndex { $0 == 0x0A || $0 == 0x0D } ?? piece.count
            pending.append(contentsOf: piece[start..<end].prefix(max(0, Self.longestLine - pending.count)))
            if end < piece.count { flush(into: &history) }
            start = end + 1
        }
    }

    /// Adds what the tracker knows and the console does not say.
    mutating func add(_ piece: String, into history: inout HistoryBuilder) {
        flush(into: &history)
        Array(piece.utf8).withUnsafeBytes { add($0, into: &history) }
    }

    mutating func finish(into history: inout HistoryBuilder) {
        flush(into: &history)
        noise.finish(into: &history)
    }

    private mutating func flush(into history: inout HistoryBuilder) {
        guard !pending.isEmpty else { return }
        line += 1
        history.line = line
        pending.withUnsafeBytes { noise.read(ByteCursor($0), into: &history) }
        pending.removeAll(keepingCapacity: true)
    }
}
