/// One JSON object a line: `metrics.jsonl`, LLaMA-Factory's `trainer_log.jsonl`, logger dumps.
struct JSONLines: NamedMetricFormat {
    static let description = LogFormatDescription(
        id: "json-lines",
        title: "JSON lines",
        trainers: ["json-lines", "jsonl", "llama-factory"],
        pattern: "{\"step\": N, \"loss\": X}",
        stepBase: nil,
        lossScope: .unknown
    )

    var choice = MetricChoice()
    private var ordinal = 0

    mutating func parse(_ line: ByteCursor, into history: inout HistoryBuilder) -> Bool {
        var cursor = line
        cursor.skipLinePrefix()
        guard cursor.current == 0x7B else { return false }
        var scanner = MappingScanner(cursor)
        var record = MetricRecord(following: choice)
        guard scanner.record(into: &record), record.hasLoss || record.hasOwnStep else { return false }
        if record.hasTrainingLoss { ordinal += 1 }
        let step = record.printedStep ?? (record.hasTrainingLoss ? ordinal : history.lastStep ?? 0)
        return record.write(step: step, into: &history, choice: &choice)
    }
}
