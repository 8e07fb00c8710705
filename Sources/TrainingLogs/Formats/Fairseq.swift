/// fairseq's progress lines: `| epoch 001 | loss 9.1 | ... | num_updates 100 | lr X | gnorm X` and the newer
/// `epoch 001: 100 / 900 loss=9.1, ..., num_updates=100, lr=X, gnorm=X`. The step is `num_updates`.
struct Fairseq: LineLogFormat {
    static let description = LogFormatDescription(
        id: "fairseq",
        title: "fairseq",
        trainers: ["fairseq"],
        pattern: "| epoch E | loss X | ... | num_updates N | lr X | gnorm X",
        stepBase: 1,
        lossScope: .interval
    )

    private var choice = MetricChoice()

    mutating func parse(_ line: ByteCursor, into history: inout HistoryBuilder) -> Bool {
        var marker = line
        guard marker.seek("num_updates") else { return false }
        if var start = Optional(line), start.seek("epoch ") { marker = start }
        marker.position -= marker.position >= 6 ? 6 : marker.position
        var scanner = KeyValueScanner(marker)
        scanner.scan()
        var record = scanner.record
        record.isEvaluation = scanner.isValidation
        guard record.hasOwnStep, let step = record.printedStep else { return false }
        return record.write(step: step, into: &history, choice: &choice)
    }
}
