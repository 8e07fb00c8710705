import Terms

/// One JSON object a line: `metrics.jsonl`, LLaMA-Factory's `trainer_log.jsonl`, logger dumps. A logger's name, level and
/// time may stand before it.
struct JSONLines: NamedMetricFormat {
    static let description = LogFormatDescription(
        id: "json-lines",
        title: "JSON lines",
        trainers: ["json-lines", "jsonl", "llama-factory"],
        pattern: "{\"step\": N, \"loss\": X}",
        stepBase: nil,
        lossScope: .unknown,
        isLoose: true
    )

    var choice = MetricChoice()
    private var ordinal = 0
    private var isNumbered = false

    mutating func parse(_ line: ByteCursor, into history: inout HistoryBuilder) -> Bool {
        var cursor = line
        if cursor.seek(":::MLLOG") { return false }
        var attempts = 0
        while attempts < 4, cursor.seek("{") {
            attempts += 1
            var probe = cursor
            while probe.current == 0x20 { probe.position += 1 }
            guard probe.current == 0x22 else { continue }
            var object = cursor
            object.position -= 1
            var scanner = MappingScanner(object)
            var record = MetricRecord(following: choice)
            guard scanner.record(into: &record) else { continue }
            return write(record, into: &history)
        }
        return false
    }

    mutating func finish(into history: inout HistoryBuilder) {
        if isNumbered { history.noteNumbering() }
    }

    private mutating func write(_ record: MetricRecord, into history: inout HistoryBuilder) -> Bool {
        guard record.hasLoss || record.hasOwnStep else { return false }
        if record.hasTrainingLoss { ordinal += 1 }
        // An evaluation without a step, before any training record: the results of a finished run, not its curve.
        guard let step = record.printedStep ?? (record.hasTrainingLoss ? ordinal : history.lastStep) else {
            return false
        }
        if record.hasTrainingLoss, record.printedStep == nil { isNumbered = true }
        return record.write(step: step, into: &history, choice: &choice)
    }
}
