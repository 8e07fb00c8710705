import Terms

/// Megatron-LM's golden values: `{"lm loss": {"start_step": 1, "step_interval": 5, "values": {"1": 10.8, ...}}}`, or the
/// values in an array. A value that was not measured stands as the string "nan".
enum MegatronGolden: LogFormat {
    static let description = LogFormatDescription(
        id: "megatron-golden",
        title: "Megatron-LM golden values",
        trainers: ["megatron-golden", "megatron", "megatron-lm"],
        pattern: "{\"lm loss\": {\"start_step\": N, \"values\": {\"N\": X}}}",
        stepBase: 1,
        lossScope: .step,
        defaultClip: 1,
        weight: 6
    )

    static func sample(_ sample: LogSample, into history: inout HistoryBuilder) {
        read(sample.head, into: &history)
    }

    static func read(_ text: LogText, into history: inout HistoryBuilder) { read(text.document(), into: &history) }

    private static func read(_ bytes: UnsafeRawBufferPointer, into history: inout HistoryBuilder) {
        var scanner = MappingScanner(ByteCursor(bytes))
        scanner.skipBlanks()
        guard scanner.cursor.take(0x7B) else { return }
        var ranks: [MetricKey.Kind: Int] = [:]
        while true {
            scanner.skipBlanks()
            if scanner.cursor.take(0x2C) { continue }
            guard let key = scanner.string() else { return }
            scanner.skipBlanks()
            guard scanner.cursor.take(0x3A) else { return }
            scanner.skipBlanks()
            guard scanner.cursor.current == 0x7B else { return }
            let name = UnsafeRawBufferPointer(rebasing: bytes[key])
            let start = scanner.cursor.position
            if let metric = MetricKey.named(name), let series = series(ByteCursor(bytes, position: start)) {
                // A loss that is 0 throughout was not trained on (distillation without a language-model loss).
                let rank = series.values.allSatisfy { $0 == 0 } ? Int.max : metric.rank
                let isBetter = ranks[metric.kind].map { rank < $0 } ?? true
                if isBetter { ranks[metric.kind] = rank }
                switch metric.kind {
                case .train where isBetter: history.history.train = series
                case .validation where isBetter: history.history.validation = series
                case .learningRate: history.history.learningRate = series
                case .gradientNorm: history.history.gradientNorm = series
                case .lossScale: history.history.lossScale = series
                default: break
                }
            }
            guard scanner.skipBracketed() else { return }
        }
    }

    /// The values of one metric, from its brace.
    private static func series(_ cursor: ByteCursor) -> Series? {
        var scanner = MappingScanner(cursor)
        guard scanner.cursor.take(0x7B) else { return nil }
        var result = Series()
        var start = 1
        var interval = 1
        while true {
            scanner.skipBlanks()
            if scanner.cursor.take(0x2C) { continue }
            guard let key = scanner.string() else { return result.isEmpty ? nil : result }
            scanner.skipBlanks()
            guard scanner.cursor.take(0x3A) else { return nil }
            scanner.skipBlanks()
            let name = scanner.cursor.slice(key)
            switch scanner.cursor.current {
            case 0x7B:
                guard name.sees("values") else { return nil }
                members(&scanner, into: &result)
            case 0x5B:
                guard name.sees("values") else { return nil }
                elements(&scanner, start: start, interval: interval, into: &result)
            default:
                let value = scanner.scalar().flatMap { Int(exactly: $0) }
                if name.sees("start_step"), let value { start = value }
                if name.sees("step_interval"), let value { interval = value }
            }
        }
    }

    private static func members(_ scanner: inout MappingScanner, into series: inout Series) {
        scanner.cursor.position += 1
        while true {
            scanner.skipBlanks()
            if scanner.cursor.take(0x2C) { continue }
            guard let key = scanner.string() else {
                scanner.cursor.position += 1
                return
            }
            scanner.skipBlanks()
            guard scanner.cursor.take(0x3A) else { return }
            scanner.skipBlanks()
            var name = scanner.cursor.slice(key)
            // A number that reaches the end of the document may be cut.
            if let value = scanner.scalar(), !scanner.cursor.isAtEnd, let step = name.integer() {
                series.append(step: step, value: value)
            }
        }
    }

    private static func elements(
        _ scanner: inout MappingScanner,
        start: Int,
        interval: Int,
        into series: inout Series
    ) {
        scanner.cursor.position += 1
        var step = start
        while true {
            scanner.skipBlanks()
            if scanner.cursor.take(0x2C) { continue }
            if scanner.cursor.isAtEnd || scanner.cursor.take(0x5D) { return }
            let before = scanner.cursor.position
            if let value = scanner.scalar(), !scanner.cursor.isAtEnd { series.append(step: step, value: value) }
            guard scanner.cursor.position > before else { return }
            step = step &+ interval
        }
    }
}
