import Terms

/// How fast a run is, as its log prints it: the medians of the records that were looked at.
public struct StepSpeed: Sendable, Equatable {
    /// Seconds an optimizer step, or a printed iteration.
    public var secondsPerStep: Double?
    /// Tokens a second; of torchtitan those of one device.
    public var tokensPerSecond: Double?

    /// Creates a speed.
    public init(secondsPerStep: Double? = nil, tokensPerSecond: Double? = nil) {
        self.secondsPerStep = secondsPerStep
        self.tokensPerSecond = tokensPerSecond
    }

    /// Whether nothing is known.
    public var isEmpty: Bool { secondsPerStep == nil && tokensPerSecond == nil }
}

/// Finds the time and the throughput in lines that hold a training loss, by the words of the trainers.
///
/// A median needs no more than one record in ``stride``, so that a long log costs nothing.
struct StepSpeedReader {
    private static let stride = 16
    private static let most = 4000

    private var seen = 0
    private var times: [Double] = []
    private var rates: [Double] = []

    /// Looks at a line that held a record of the training loss.
    mutating func read(_ line: ByteCursor) {
        seen += 1
        guard seen <= 64 || seen % Self.stride == 0, times.count < Self.most, rates.count < Self.most else { return }
        if let time = Self.milliseconds(line), time > 0 { times.append(time / 1000) }
        if let rate = Self.tokensPerSecond(line), rate > 0 { rates.append(rate) }
    }

    /// The medians; the first record is slower than all others (compilation) and does not count where there are more.
    var speed: StepSpeed {
        StepSpeed(secondsPerStep: Self.median(times), tokensPerSecond: Self.median(rates))
    }

    private static func median(_ values: [Double]) -> Double? {
        let sorted = values.dropFirst(values.count > 2 ? 1 : 0).sorted()
        return sorted.isEmpty ? nil : sorted[sorted.count / 2]
    }

    static func milliseconds(_ line: ByteCursor) -> Double? {
        for words: StaticString in ["elapsed time per iteration (ms): ", "step_avg:", "iter time: ", "dt: ", ", time "]
        {
            var cursor = line
            guard cursor.seek(words) else { continue }
            guard let value = cursor.number() else { continue }
            if cursor.take("ms") || cursor.take(" ms") || cursor.sees(" |") { return value }
            if cursor.take("s") { return value * 1000 }
        }
        // llm.c: "(12.3 ms | 4567 tok/s)", "| 12.34 ms |"
        var cursor = line
        return cursor.seekNumber(before: " ms")
    }

    static func tokensPerSecond(_ line: ByteCursor) -> Double? {
        for words: StaticString in ["tok/sec: ", "tps: ", "tokens_per_second: ", "tokens/sec: "] {
            var cursor = line
            if cursor.seek(words), let value = cursor.groupedNumber() { return value }
        }
        var cursor = line
        return cursor.seekNumber(before: " tok/s")
    }
}

extension ByteCursor {
    /// A number whose thousands may be set apart by commas.
    fileprivate mutating func groupedNumber() -> Double? {
        var whole = 0.0
        var digits = 0
        skipSpaces()
        while !isAtEnd, digits < 18 {
            if current.isDigit {
                whole = whole * 10 + Double(current - 0x30)
                digits += 1
            } else if current != 0x2C || !peek(1).isDigit {
                break
            }
            position += 1
        }
        return digits > 0 ? whole : nil
    }

    /// The number that stands right before some words.
    fileprivate mutating func seekNumber(before words: StaticString) -> Double? {
        guard seek(words) else { return nil }
        var start = position - words.utf8CodeUnitCount
        let end = start
        while start > 0, bytes[start - 1].isDigit || [0x2E, 0x2C].contains(bytes[start - 1]) { start -= 1 }
        guard start < end else { return nil }
        return Double(String(decoding: bytes[start..<end], as: UTF8.self).filter { $0 != "," })
    }
}
