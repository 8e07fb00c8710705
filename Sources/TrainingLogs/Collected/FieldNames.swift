/// Finds what the numbers of a line measure, from the words before them and the unit behind: `dt: 1311.42ms`,
/// `throughput per GPU (TFLOP/s/GPU): 312.1`, `2610.13 ms`, `200871 tok/s`, `memory: 41.20GiB(51.52%)`.
struct FieldNames {
    private let line: ByteCursor
    private static let times: [StaticString] = ["time", "step_avg"]

    init(_ line: ByteCursor) { self.line = line }

    /// What a number measures.
    /// - Parameters:
    ///   - number: Its place.
    ///   - start: The end of the number before it.
    func meaning(of number: Range<Int>, behind start: Int) -> (series: SeriesName, scale: Double)? {
        let unit = unit(at: number.upperBound)
        let name = name(before: number.lowerBound, behind: start)
        guard !name.isEmpty else { return unit.flatMap(meaning(ofUnit:)) }
        // Only the unit shows that these are the time of a step.
        if let unit, unit.kind == .seconds, Self.times.contains(where: { line.slice(name).isWord($0) }) {
            return (SeriesName(.stepTime), unit.scale)
        }
        // Leading words may add nothing: "INFO - tps".
        var words = line.slice(name)
        while !words.isAtEnd {
            let key = MetricKey.named(words.rest.bytes)
            if let key, key.kind == .series || key.kind == .learningRate || key.kind == .gradientNorm {
                guard let series = key.series, key.kind == .series || series.group != nil else { return nil }
                let factor = unit.flatMap { $0.kind == series.kind.unit ? $0.scale : nil }
                return (series, factor ?? key.scale)
            }
            // "total time", "eval tps": another time or throughput than that of the step.
            guard isFiller(words) else { return nil }
            while !words.isAtEnd, words.current != 0x20 { words.position += 1 }
            words.skipSpaces()
        }
        return unit.flatMap(meaning(ofUnit:))
    }

    /// The words right before a number, back to the separator before them.
    private func name(before end: Int, behind start: Int) -> Range<Int> {
        var upper = end
        func isTrailing(_ byte: UInt8) -> Bool { [0x20, 0x09, 0x3A, 0x3D, 0x22, 0x27].contains(byte) }
        while upper > start, isTrailing(line.bytes[upper - 1]) { upper -= 1 }
        var lower = upper
        var depth = 0
        while lower > start {
            let byte = line.bytes[lower - 1]
            if byte == 0x29 || byte == 0x5D { depth += 1 }
            if byte == 0x28 || byte == 0x5B {
                if depth == 0 { break }
                depth -= 1
            }
            let isGap = byte == 0x20 && lower > start + 1 && line.bytes[lower - 2] == 0x20
            if depth == 0, byte == 0x7C || byte == 0x2C || byte == 0x3B || isGap { break }
            lower -= 1
        }
        while lower < upper, line.bytes[lower] == 0x20 || line.bytes[lower] == 0x25 { lower += 1 }
        return lower..<upper
    }

    private enum Unit: CaseIterable {
        case milliseconds, seconds, percent, gibibytes, mebibytes, tokensPerSecond

        var spellings: [StaticString] {
            switch self {
            case .tokensPerSecond: ["tok/s", "tokens/s", "tokens/sec"]
            case .milliseconds: ["ms"]
            case .seconds: ["s"]
            case .percent: ["%"]
            case .gibibytes: ["GiB", "GB"]
            case .mebibytes: ["MiB", "MB"]
            }
        }
        var kind: SeriesUnit {
            switch self {
            case .tokensPerSecond: .tokensPerSecond
            case .milliseconds, .seconds: .seconds
            case .percent: .fraction
            case .gibibytes, .mebibytes: .bytes
            }
        }
        var scale: Double {
            switch self {
            case .tokensPerSecond, .seconds: 1
            case .milliseconds: SeriesVocabulary.milli
            case .percent: 0.01
            case .gibibytes: SeriesVocabulary.gibi
            case .mebibytes: SeriesVocabulary.mebi
            }
        }
    }

    private func unit(at end: Int) -> Unit? {
        var cursor = line
        cursor.position = end
        cursor.skipSpaces()
        return Unit.allCases.first { unit in
            unit.spellings.contains { spelling in
                var probe = cursor
                return probe.take(spelling) && !probe.current.isLetter && !probe.current.isDigit
            }
        }
    }

    /// llm.c prints no names: `2610.13 ms | 51.2% bf16 MFU | 200871 tok/s`.
    private func meaning(ofUnit unit: Unit) -> (series: SeriesName, scale: Double)? {
        switch unit {
        case .milliseconds: (SeriesName(.stepTime), unit.scale)
        case .tokensPerSecond: (SeriesName(.tokensPerSecond), unit.scale)
        default: nil
        }
    }

    private func isFiller(_ words: ByteCursor) -> Bool {
        words.sees("INFO") || words.sees("-") || words.sees("train ") || words.sees("took")
    }
}

extension ByteCursor {
    /// Whether the whole text is a word.
    fileprivate func isWord(_ word: StaticString) -> Bool { bytes.count == word.utf8CodeUnitCount && sees(word) }
}
