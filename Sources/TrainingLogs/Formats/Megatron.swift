import Terms

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
        lossScope: .interval,
        defaultClip: 1
    )

    private var lastScale: Double?
    private var hasNamedLoss = false

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
        let found = loss(in: fields)
        hasNamedLoss = hasNamedLoss || found?.isNamed ?? false
        // A line cut in front of the loss of the language model may hold others.
        if let found, !found.isNamed, hasNamedLoss, history.isLineOpen { return false }
        let loss = found?.value
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

    /// `validation loss at iteration N | lm loss value: X | lm loss PPL: X |`, `valid loss at iteration N | ...`
    private func parseValidation(
        _ fields: ByteCursor,
        _ line: ByteCursor,
        step: Int,
        into history: inout HistoryBuilder
    ) -> Bool {
        var head = line
        guard head.seek("valid"), head.position < fields.position else { return false }
        var cursor = fields
        guard cursor.seek(" value: "), let loss = cursor.number() else { return false }
        history.validation(step: step, loss: loss)
        return true
    }

    /// The loss among the fields, `lm loss` in most forks: the best-named one, or for want of a known name the first
    /// that ends with "loss".
    private func loss(in fields: ByteCursor) -> (value: Double, isNamed: Bool)? {
        var known: (value: Double, rank: Int)?
        var first: Double?
        var cursor = fields
        while cursor.take(0x7C) {
            cursor.skipSpaces()
            let start = cursor.position
            let end = cursor.index(of: 0x7C)
            var colon = cursor.slice(start..<end)
            if colon.seek("loss: ") {
                let name = UnsafeRawBufferPointer(rebasing: fields.bytes[start..<start + colon.position - 2])
                colon.skipSpaces()
                if let value = colon.number() {
                    if let key = MetricKey.named(name), key.kind == .train, key.unit == .nats {
                        if known.map({ key.rank < $0.rank }) ?? true { known = (value, key.rank) }
                    } else {
                        first = first ?? value
                    }
                }
            }
            cursor.position = end
        }
        return known.map { ($0.value, true) } ?? first.map { ($0, false) }
    }

    private func value(_ name: StaticString, in fields: ByteCursor) -> Double? {
        var cursor = fields
        guard cursor.seek(name) else { return nil }
        cursor.skipSpaces()
        return cursor.number()
    }
}
