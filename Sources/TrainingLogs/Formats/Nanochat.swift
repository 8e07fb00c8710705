/// Standard output of nanochat `scripts/base_train.py`, `mid_train.py` and `chat_sft.py`.
///
/// The step is 0-based; the loss is a bias-corrected moving average (0.9) of the last micro-batch on rank 0, so one NaN
/// stays for ever; `lrm` is the multiplier of the learning rates. Validation is in bits per byte.
struct Nanochat: LineLogFormat {
    static let description = LogFormatDescription(
        id: "nanochat",
        title: "nanochat",
        trainers: ["nanochat"],
        pattern: "step N/M (P%) | loss: X | lrm: X | dt: ...",
        stepBase: 0,
        lossScope: .movingAverage
    )

    mutating func parse(_ line: ByteCursor, into history: inout HistoryBuilder) -> Bool {
        if var cursor = StepLine.find("step ", in: line) {
            guard let step = cursor.integer() else { return false }
            if cursor.take("/"), let total = cursor.integer() { history.totalSteps(total) }
            guard cursor.take(" (") else { return false }
            guard cursor.seek("%) | loss: "), let loss = cursor.number() else { return false }
            history.train(step: step, loss: loss)
            if cursor.take(" | grad norm: "), let norm = cursor.number() { history.gradientNorm(step: step, norm) }
            if cursor.seek("| lrm: "), let multiplier = cursor.number() {
                history.history.learningRateIsMultiplier = true
                history.learningRate(step: step, multiplier)
            }
            readPosition(cursor, step: step, into: &history)
            return true
        }
        guard var cursor = StepLine.find("Step ", in: line), let step = cursor.integer(),
            cursor.take(" | Validation bpb: "), let loss = cursor.number()
        else { return false }
        history.history.validationUnit = .bitsPerByte
        history.validation(step: step, loss: loss)
        return true
    }

    /// `| epoch: 1 pq: 3 rg: 41 |`, printed since 2026-01-13.
    private func readPosition(_ line: ByteCursor, step: Int, into history: inout HistoryBuilder) {
        var cursor = line
        guard cursor.seek("| epoch: "), let epoch = cursor.integer(), cursor.take(" pq: "), let file = cursor.integer(),
            cursor.take(" rg: "), let rowGroup = cursor.integer()
        else { return }
        history.history.dataPositions.append(
            DataPosition(step: step, epoch: epoch, file: file, rowGroup: rowGroup)
        )
    }
}
