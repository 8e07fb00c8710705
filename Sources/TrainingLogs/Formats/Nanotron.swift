import Terms

/// nanotron: `iteration: N / M | ... | lm_loss: X | lr: X | ... | grad_norm: X`, 1-based, the mean over the global batch.
struct Nanotron: LineLogFormat {
    static let description = LogFormatDescription(
        id: "nanotron",
        title: "nanotron",
        trainers: ["nanotron"],
        pattern: "iteration: N / M | ... | lm_loss: X | lr: X | grad_norm: X",
        stepBase: 1,
        lossScope: .step,
        defaultClip: 1
    )

    mutating func parse(_ line: ByteCursor, into history: inout HistoryBuilder) -> Bool {
        guard var cursor = StepLine.find("iteration: ", in: line), let step = cursor.integer(), cursor.take(" / "),
            let total = cursor.integer(), cursor.take(" |")
        else { return false }
        var loss = cursor
        guard loss.seek("| lm_loss: "), let value = loss.number() else { return false }
        history.train(step: step, loss: value)
        history.totalSteps(total)
        var rate = cursor
        if rate.seek("| lr: "), let value = rate.number() { history.learningRate(step: step, value) }
        if cursor.seek("| grad_norm: "), let norm = cursor.number() { history.gradientNorm(step: step, norm) }
        return true
    }
}
