import Terms

/// Standard output of torchtitan: `step: N  loss: X  grad_norm: X  memory: ...`, two spaces between fields, in colour.
///
/// The step is 1-based; the loss is the mean over all tokens of all ranks.
struct TorchTitan: LineLogFormat {
    static let description = LogFormatDescription(
        id: "torchtitan",
        title: "torchtitan",
        trainers: ["torchtitan"],
        pattern: "step: N  loss: X  grad_norm: X  memory: ...",
        stepBase: 1,
        lossScope: .step,
        defaultClip: 1
    )

    mutating func parse(_ line: ByteCursor, into history: inout HistoryBuilder) -> Bool {
        guard var cursor = StepLine.find("step: ", in: line) else { return false }
        var before = line
        let isValidation = before.seek("validate step: ") && before.position <= cursor.position
        guard let step = cursor.integer(), cursor.take("  loss: ") else { return false }
        cursor.skipSpaces()
        guard let loss = cursor.number(), cursor.take("  ") else { return false }
        if isValidation {
            history.validation(step: step, loss: loss)
            return true
        }
        history.train(step: step, loss: loss)
        if cursor.take("grad_norm: ") {
            cursor.skipSpaces()
            if let norm = cursor.number() { history.gradientNorm(step: step, norm) }
        }
        if cursor.seek("lr: "), let rate = cursor.number() { history.learningRate(step: step, rate) }
        return true
    }
}
