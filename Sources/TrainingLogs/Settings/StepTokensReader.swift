import Terms

/// Finds in records how much a step is fed. No more than one record in ``stride`` is looked at, so that a long log costs nothing.
struct StepTokensReader {
    private static let stride = 16
    private static let most = 4000
    /// Ramps have some dozen sizes; more of them are no sizes of a batch but counts of what is left of padding.
    private static let mostSizes = 64

    /// The words in front of a number in a record, and what it counts.
    private struct Word: Sendable {
        var words: StaticString
        var unit: StepTokens.Unit
        var kind: StepTokens.Kind
        var formats: [String]
    }

    private static let words: [Word] = [
        Word(words: "consumed samples: ", unit: .rows, kind: .difference, formats: ["megatron"]),
        Word(words: "consumed tokens: ", unit: .tokens, kind: .difference, formats: ["megatron"]),
        Word(words: "global batch size: ", unit: .rows, kind: .printed, formats: ["megatron"]),
        Word(words: "consumed_tokens: ", unit: .tokens, kind: .difference, formats: ["nanotron"]),
        Word(words: "global_batch_size: ", unit: .rows, kind: .printed, formats: ["nanotron"]),
        Word(words: "'epoch': ", unit: .epochs, kind: .epochs, formats: ["hf-trainer"]),
        Word(words: "\"epoch\": ", unit: .epochs, kind: .epochs, formats: ["hf-trainer"]),
    ]

    /// The formats whose throughput is that of all ranks over a whole step, in every version.
    private static let wholeThroughput: Set<String> = ["llm.c", "llm.c-python", "build-nanogpt"]

    /// One number of one record.
    private struct Sample {
        var record: Int
        var line: Int
        var value: Double
        var rounding: Double
    }

    private let words: [Word]
    private let readsThroughput: Bool
    private var seen = 0
    private var samples: [[Sample]]
    private var products: [Sample] = []

    init(format: String) {
        words = Self.words.filter { $0.formats.contains(format) }
        samples = words.map { _ in [] }
        readsThroughput = Self.wholeThroughput.contains(format)
    }

    /// Looks at the line of a training record, the last one of a history, whose series have been read.
    mutating func read(_ line: ByteCursor, number: Int, of history: TrainingHistory) {
        let record = history.train.count - 1
        seen += 1
        guard seen <= 64 || seen % Self.stride == 0 else { return }
        for (index, word) in words.enumerated() where samples[index].count < Self.most {
            var cursor = line
            guard cursor.seek(word.words) else { continue }
            if cursor.current == 0x27 || cursor.current == 0x22 { cursor.position += 1 }
            let before = cursor
            guard var found = cursor.shortenedNumber() else { continue }
            if word.kind == .epochs { found.rounding = before.lastDigit(before: cursor.position) }
            samples[index].append(
                Sample(record: record, line: number, value: found.value, rounding: found.rounding)
            )
        }
        guard readsThroughput, products.count < Self.most, let step = history.train.steps.last,
            let time = history.series[.stepTime].last(at: step),
            let rate = history.series[.tokensPerSecond].last(at: step), time > 0, rate > 0
        else { return }
        products.append(Sample(record: record, line: number, value: time * rate, rounding: 0))
    }

    /// What the records show, when all are read.
    func found(in history: TrainingHistory) -> [StepTokens] {
        let steps = history.train.steps
        var result: [StepTokens] = []
        for (word, samples) in zip(words, samples) {
            let known = samples.filter { steps.indices.contains($0.record) }
            // Records that print no steps may only be numbered through, whatever the interval of logging.
            if word.kind == .epochs, zip(steps, steps.dropFirst()).allSatisfy({ $0 &+ 1 == $1 }) { continue }
            let sizes =
                word.kind == .printed
                ? known.map { Self.size($0, word, steps) }
                : zip(known, known.dropFirst()).compactMap { Self.difference($0, $1, word, steps) }
            let merged = Self.merged(sizes)
            if merged.count <= Self.mostSizes { result += merged }
            if word.kind == .difference, word.unit == .rows || word.unit == .tokens, let last = known.last,
                merged.count <= Self.mostSizes
            {
                result.append(Self.total(last, word, steps, from: history.stepBase))
            }
        }
        if let throughput = throughput(steps) { result.append(throughput) }
        return result
    }

    private static func size(_ sample: Sample, _ word: Word, _ steps: [Int]) -> StepTokens {
        var size = StepTokens(
            word.kind,
            word.unit,
            steps: steps[sample.record]...steps[sample.record],
            low: sample.value - sample.rounding,
            high: sample.value + sample.rounding,
            line: sample.line
        )
        size.record = sample.record
        return size
    }

    private static func total(_ sample: Sample, _ word: Word, _ steps: [Int], from base: Int) -> StepTokens {
        var total = size(sample, word, steps)
        let step = steps[sample.record]
        total.kind = .total
        total.steps = min(base, step)...step
        return total
    }

    /// What each step between two records is fed; nil where the log goes back.
    private static func difference(_ a: Sample, _ b: Sample, _ word: Word, _ steps: [Int]) -> StepTokens? {
        let (first, last) = (steps[a.record], steps[b.record])
        guard last > first, b.value > a.value, first < Int.max else { return nil }
        let (count, overflow) = last.subtractingReportingOverflow(first)
        guard !overflow else { return nil }
        let rounding = a.rounding + b.rounding
        var size = StepTokens(
            word.kind,
            word.unit,
            steps: first + 1...last,
            low: max(0, (b.value - a.value - rounding) / Double(count)),
            high: (b.value - a.value + rounding) / Double(count),
            line: b.line
        )
        size.record = b.record
        return size
    }

    /// Joins neighbours that may be of one size, and narrows it.
    private static func merged(_ sizes: [StepTokens]) -> [StepTokens] {
        var result: [StepTokens] = []
        for size in sizes { result.join(size) }
        return result
    }

    /// Throughput times time, where enough records agree on it.
    private func throughput(_ steps: [Int]) -> StepTokens? {
        let known = products.dropFirst().filter { steps.indices.contains($0.record) }
        let values = known.map(\.value).sorted()
        guard values.count >= 8, let first = known.first, let last = known.last else { return nil }
        let middle = values[values.count / 2]
        let (low, high) = (values[values.count / 4], values[values.count * 3 / 4])
        // A product that jitters more than this cannot distinguish factors.
        guard high <= low * 1.2 else { return nil }
        let (a, b) = (steps[first.record], steps[last.record])
        var found = StepTokens(
            .throughput,
            .tokens,
            steps: min(a, b)...max(a, b),
            low: middle / Self.farFromOne,
            high: middle * Self.farFromOne,
            line: first.line
        )
        found.record = first.record
        return found
    }

    /// Two measured numbers contradict a third only where their product is off by more than any factor but a real one.
    private static let farFromOne = 1.4
}

extension Series {
    /// The value of the last record, where it is of a step.
    fileprivate func last(at step: Int) -> Double? { steps.last == step ? values.last : nil }
}

extension ByteCursor {
    /// Half the unit of the last digit before a position.
    fileprivate func lastDigit(before end: Int) -> Double {
        guard let point = bytes[position..<end].lastIndex(of: 0x2E) else { return 0.5 }
        var unit = 0.5
        for _ in 0..<min(end - point - 1, 17) { unit /= 10 }
        return unit
    }
}

/// Reads the running total of tokens where it stands on a line of its own: OLMo's `throughput/total_tokens=4,194,304`,
/// Composer's `Train time/token: 2097152`.
struct TokensSeen {
    private var last: (step: Int, value: Double, rounding: Double)?
    private var count = 0

    /// Reads a line; false if it is none of these.
    mutating func read(_ text: ByteCursor, into history: inout HistoryBuilder) -> Bool {
        var cursor = text
        guard
            cursor.take("throughput/total_tokens=") || cursor.take("throughput/total tokens=")
                || cursor.take("Train time/token: ") || cursor.take("time/token: ")
        else { return false }
        guard let found = cursor.shortenedNumber(), let step = history.lastStep else { return true }
        defer { last = (step, found.value, found.rounding) }
        guard let before = last, step > before.step, found.value > before.value, count < 4000 else { return true }
        let (steps, overflow) = step.subtractingReportingOverflow(before.step)
        guard !overflow else { return true }
        let rounding = before.rounding + found.rounding
        // The step may be that of the record before, on both lines alike: the difference holds all the same.
        var size = StepTokens(
            .difference,
            .tokens,
            steps: before.step + 1...step,
            low: max(0, (found.value - before.value - rounding) / Double(steps)),
            high: (found.value - before.value + rounding) / Double(steps),
            line: history.line
        )
        size.record = max(0, history.history.train.count - 1)
        count += 1
        history.history.stepTokens.join(size)
        return true
    }
}

extension [StepTokens] {
    /// Adds a size, joined with the last one where they may be one.
    mutating func join(_ size: StepTokens) {
        guard let last, last.kind == size.kind, last.unit == size.unit, size.steps.lowerBound > last.steps.upperBound,
            size.low <= last.high, size.high >= last.low
        else {
            append(size)
            return
        }
        self[count - 1].low = Swift.max(last.low, size.low)
        self[count - 1].high = Swift.min(last.high, size.high)
        self[count - 1].steps = last.steps.lowerBound...size.steps.upperBound
    }
}
