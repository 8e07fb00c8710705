/// Time and throughput in lines that hold a training loss, by the words of the trainers.
enum SpeedFields {
    /// Milliseconds of a step or of a printed iteration.
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

    /// Tokens a second; of torchtitan those of one device.
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
