import Terms

/// MaxText: `completed step: N, seconds: T, ..., loss: X`, 0-based, the mean over the global batch.
///
/// `loss` is what is minimised: with multi-token prediction, experts or distillation it holds auxiliary losses, and the
/// loss of the language model follows under a name of its own.
struct MaxText: LineLogFormat {
    static let description = LogFormatDescription(
        id: "maxtext",
        title: "MaxText",
        trainers: ["maxtext"],
        pattern: "completed step: N, seconds: T, ..., loss: X",
        stepBase: 0,
        lossScope: .step,
        defaultClip: 1
    )

    private var hasMainLoss = false

    mutating func parse(_ line: ByteCursor, into history: inout HistoryBuilder) -> Bool {
        var cursor = line
        if cursor.seek("eval metrics after step: "), let step = cursor.integer() {
            guard cursor.seek(" loss="), let loss = cursor.number() else { return false }
            history.validation(step: step, loss: loss)
            return true
        }
        guard var cursor = StepLine.find("completed step: ", in: line), let step = cursor.integer(),
            cursor.seek(", loss: "), let total = cursor.number()
        else { return false }
        let main = mainLoss(cursor)
        hasMainLoss = hasMainLoss || main != nil
        // The line was cut in front of it.
        if main == nil, hasMainLoss, history.isLineOpen { return false }
        history.train(step: step, loss: main ?? total)
        if let rate = value(", lr: ", in: cursor) { history.learningRate(step: step, rate) }
        if let norm = value(", raw_grad_norm: ", in: cursor) { history.gradientNorm(step: step, norm) }
        return true
    }

    private func mainLoss(_ fields: ByteCursor) -> Double? {
        for name: StaticString in [", lm_loss: ", ", main_model_loss: ", ", ce_loss: "] {
            if let loss = value(name, in: fields) { return loss }
        }
        return nil
    }

    private func value(_ name: StaticString, in fields: ByteCursor) -> Double? {
        var cursor = fields
        guard cursor.seek(name) else { return nil }
        return cursor.number()
    }
}
