import Terms

/// fairseq's progress lines: `| epoch 001 | loss 9.1 | ... | num_updates 100 | lr X | gnorm X` and the newer
/// `epoch 001: 100 / 900 loss=9.1, ..., num_updates=100, lr=X, gnorm=X`, or with `--log-format json` one object a line.
/// The step is `num_updates`.
struct Fairseq: LineLogFormat {
    static let description = LogFormatDescription(
        id: "fairseq",
        title: "fairseq",
        trainers: ["fairseq"],
        pattern: "| epoch E | loss X | ... | num_updates N | lr X | gnorm X",
        stepBase: 1,
        lossScope: .interval,
        defaultClip: 0
    )

    private var choice = MetricChoice()

    mutating func parse(_ line: ByteCursor, into history: inout HistoryBuilder) -> Bool {
        var marker = line
        guard marker.seek("num_updates") else { return parseValidationObject(line, into: &history) }
        if let record = object(in: line) {
            guard let step = record.printedStep else { return false }
            return record.write(step: step, into: &history, choice: &choice)
        }
        if var start = Optional(line), start.seek("epoch ") { marker = start }
        marker.position -= marker.position >= 6 ? 6 : marker.position
        var scanner = KeyValueScanner(marker)
        scanner.scan()
        let record = scanner.record
        guard record.hasOwnStep, let step = record.printedStep else { return false }
        if let best = best(in: line) { history.history.bestValidation = best }
        return record.write(step: step, into: &history, choice: &choice)
    }

    /// `| best 4.46376` or `| best_loss 5.53` of a validation line; the best of another metric has its name.
    private func best(in line: ByteCursor) -> Double? {
        for marker: StaticString in ["| best ", "| best_loss "] {
            var cursor = line
            if cursor.seek(marker), let value = cursor.number(), value.isFinite, value > 0 { return value }
        }
        return nil
    }

    /// Older versions print the validation without its step: `{"epoch": 9, "valid_loss": 3.17, ...}`.
    private mutating func parseValidationObject(_ line: ByteCursor, into history: inout HistoryBuilder) -> Bool {
        var marker = line
        guard marker.seek("\"valid_loss\""), let record = object(in: line),
            let step = history.lastStep ?? record.printedStep
        else { return false }
        return record.write(step: step, into: &history, choice: &choice)
    }

    private func object(in line: ByteCursor) -> MetricRecord? {
        var start = line
        guard start.seek("{\"epoch\":") else { return nil }
        start.position -= 9
        var scanner = MappingScanner(start)
        var record = MetricRecord()
        return scanner.record(into: &record) && record.hasLoss ? record : nil
    }
}
