import Terms

/// Lines that look like records of the training loss and were not read, because another way of printing them was recognised.
public struct UnreadRecords: Sendable, Equatable {
    /// How many.
    public var count: Int
    /// Lines that look like records, with those that were read.
    public var total: Int
    /// The 1-based number of the first of them.
    public var line: Int
    /// Its text, cut.
    public var text: String

    /// Creates a value.
    public init(count: Int, total: Int, line: Int, text: String) {
        self.count = count
        self.total = total
        self.line = line
        self.text = text
    }

    /// Whether most records were not read, so that silence of the rules means nothing.
    public var isMost: Bool { count > total - count }

    /// One sentence for the notes of a history.
    var note: String {
        "\(count) of \(total) lines that look like records were not read, the first in line \(line): \(text)"
    }
}

/// Counts the lines that look like records and that no format claimed.
///
/// A line with a loss is a record of its own only where it does not accompany one that was read: an auxiliary loss, the mean of
/// an epoch or the same step in other words stands between two records. Lines of one kind that follow each other without a
/// record between them, each with another value, are a curve.
struct UnreadCounter {
    /// Lines that print the same words in front of their loss.
    private struct Kind {
        var words: UInt64
        var line: Int
        var text: String
        var value: Double
        /// Training records before its last line.
        var records: Int
        var isWaiting = true
        var count = 0
    }

    private var kinds: [Kind] = []
    /// The letters and lengths of the first lines that were read.
    private var read: [(words: UInt64, length: Int)] = []
    private var looked = 0

    private static let mostKinds = 32

    /// Notes a line that held a record.
    mutating func noteRead(_ line: ByteCursor) {
        guard looked < 8 else { return }
        looked += 1
        let words = LineWords.all(of: line)
        if words != LineWords.none, !read.contains(where: { $0.words == words }) {
            read.append((words, line.bytes.count))
        }
    }

    /// Looks at a line that was not read.
    /// - Parameter records: training records read before it.
    mutating func look(at line: ByteCursor, number: Int, records: Int) {
        let found: (words: UInt64, value: Double)
        if let loss = PrintedLoss.find(in: line) {
            found = (LineWords.all(of: line.slice(0..<loss.name.upperBound)), loss.value)
        } else if let words = wordsOfARecord(line) {
            found = (words, Double(number))
        } else {
            return
        }
        guard let index = kinds.firstIndex(where: { $0.words == found.words }) else {
            if kinds.count < Self.mostKinds {
                let text = line.plainText(limit: 120)
                kinds.append(Kind(words: found.words, line: number, text: text, value: found.value, records: records))
            }
            return
        }
        // A setting that every rank prints again is no curve.
        guard found.value != kinds[index].value else { return }
        kinds[index].value = found.value
        if kinds[index].records == records {
            kinds[index].count += kinds[index].isWaiting ? 2 : 1
            kinds[index].isWaiting = false
        } else {
            kinds[index].records = records
            kinds[index].isWaiting = true
        }
    }

    /// The words of a line that has those of a record that was read: something in its numbers was not understood.
    private func wordsOfARecord(_ line: ByteCursor) -> UInt64? {
        let length = line.bytes.count
        guard read.contains(where: { abs($0.length - length) <= 16 }) else { return nil }
        let words = LineWords.all(of: line)
        return read.contains { $0.words == words } ? words : nil
    }

    /// What was counted.
    /// - Parameter records: training records that were read.
    func result(records: Int) -> UnreadRecords? {
        let curves = kinds.filter { $0.count >= Recognition.certain }
        guard let first = curves.min(by: { $0.line < $1.line }) else { return nil }
        let count = curves.reduce(0) { $0 + $1.count }
        return UnreadRecords(count: count, total: count + records, line: first.line, text: first.text)
    }
}

/// The words of a line as one number: its letters, whatever stands between them.
enum LineWords {
    /// The value for a line without letters.
    static let none: UInt64 = 0xCBF2_9CE4_8422_2325

    static func all(of line: ByteCursor) -> UInt64 {
        var hash = none
        for byte in line.bytes where byte.isLetter { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
        return hash
    }
}
