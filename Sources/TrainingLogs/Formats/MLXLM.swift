import Terms

/// mlx-lm fine-tuning: `Iter N: Train loss X, ...`, `Iter N: Val loss X, ...`. The loss is the mean since the last line.
struct MLXLM: LineLogFormat {
    static let description = LogFormatDescription(
        id: "mlx-lm",
        title: "mlx-lm",
        trainers: ["mlx-lm", "mlx"],
        pattern: "Iter N: Train loss X, Learning Rate X, It/sec X",
        stepBase: 1,
        lossScope: .interval
    )

    mutating func parse(_ line: ByteCursor, into history: inout HistoryBuilder) -> Bool {
        guard var cursor = StepLine.find("Iter ", in: line), let step = cursor.integer() else { return false }
        if cursor.take(": Val loss "), let loss = cursor.number() {
            history.validation(step: step, loss: loss)
            return true
        }
        guard cursor.take(": Train loss "), let loss = cursor.number() else { return false }
        history.train(step: step, loss: loss)
        if cursor.take(", Learning Rate "), let rate = cursor.number() { history.learningRate(step: step, rate) }
        return true
    }
}
