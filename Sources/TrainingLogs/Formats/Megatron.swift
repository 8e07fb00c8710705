/// Megatron-LM's training log and its forks (Megatron-DeepSpeed, BLOOM, GPT-NeoX): fields between bars.
///
/// The iteration is 1-based; the loss is the mean over the iterations since the last line that were not skipped. A loss
/// that is not finite is left out of the line: no loss and a gradient norm of NaN, or no skipped iteration, means NaN.
struct Megatron: LineLogFormat {
    static let description = LogFormatDescription(
        id: "megatron",
        title: "Megatron-LM",
        trainers: ["megatron", "megatron-lm", "megatron-deepspeed", "gpt-neox", "bloom"],
        pattern: "iteration N/ M | ... | lm loss: X | loss scale: X | grad norm: X | ...",
        stepBase: 1,
        lossScope: .interval
    )

    private var lastScale: Double?

    mutating func parse(_ line: ByteCursor, into history: inout HistoryBuilder) -> Bool {
        guard var cursor = StepLine.find("iteration ", in: line), let step = cursor.integer() else { return false }
        _ = cursor.take(" on validation set")
        if cursor.take(" | ") { return parseValidation(cursor, line, step: step, into: &history) }
        guard cursor.take("/") else { return false }
        cursor.skipSpaces()
        guard let total = cursor.integer(), cursor.take(" |") else { return false }
        cursor.position -= 1  // Fields begin at their bar.
        let fields = cursor
        let rate = value("learning rate: ", in: fields)
        let norm = value("grad norm: ", in: fields)
        let scale = value("loss scale: ", in: fields)
        let skipped = value("number of skipped iterations: ", in: fields)
        let loss = value("| lm loss: ", in: fields) ?? value("| lm_loss: ", in: fields) ?? value("| loss: ", in: fields)
        history.totalSteps(total)
        if let loss {
            history.train(step: step, loss: loss)
        } else {
            history.lastStep = step
            let isScaledDown = scale.flatMap { scale in lastScale.map { scale < $0 } } ?? false
            if let skipped, skipped > 0 {
                history.event(.skippedUpdate, text: line.plainText(limit: 400))
            } else if norm.map({ !$0.isFinite }) ?? false {
                history.event(.hiddenNonFinite, text: line.plainText(limit: 400))
            } else if isScaledDown {
                history.event(.skippedUpdate, text: line.plainText(limit: 400))
            } else if skipped != nil {
                history.event(.hiddenNonFinite, text: line.plainText(limit: 400))
            } else {
                return false
            }
        }
        if let rate { history.learningRate(step: step, rate) }
        if let norm { history.gradientNorm(step: step, norm) }
        if let scale { history.lossScale(step: step, scale) }
        lastScale = scale ?? lastScale
        return true
    }

    /// `validation loss at iteration N | lm loss value: X | lm loss PPL: X |`
    private func parseValidation(
        _ fields: ByteCursor,
        _ line: ByteCursor,
        step: Int,
        into history: inout HistoryBuilder
    ) -> Bool {
        var head = line
        guard head.seek("validation"), head.position < fields.position else { return false }
        var cursor = fields
        guard cursor.take("lm loss value: ") || cursor.take("lm_loss value: "), let loss = cursor.number() else {
            return false
        }
        history.validation(step: step, loss: loss)
        return true
    }

    private func value(_ name: StaticString, in fields: ByteCursor) -> Double? {
        var cursor = fields
        guard cursor.seek(name) else { return nil }
        cursor.skipSpaces()
        return cursor.number()
    }
}
