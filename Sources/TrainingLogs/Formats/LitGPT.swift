import Terms

/// Standard output of litgpt `pretrain`, `finetune`.
///
/// `iter` counts micro-batches of a device and is the step here, as its logger does; the loss is a running mean over
/// the last accumulation window of the printing rank.
struct LitGPT: LineLogFormat {
    static let description = LogFormatDescription(
        id: "litgpt",
        title: "litgpt",
        trainers: ["litgpt", "lit-gpt"],
        pattern: "Epoch E | iter N step S | loss train: X, val: X | iter time: T ms",
        stepBase: 1,
        lossScope: .interval,
        defaultClip: 1
    )

    mutating func parse(_ line: ByteCursor, into history: inout HistoryBuilder) -> Bool {
        guard var cursor = StepLine.find("iter ", in: line), let step = cursor.integer() else { return false }
        if cursor.take(": val loss "), let loss = cursor.number() {
            history.validation(step: step, loss: loss)
            return true
        }
        guard cursor.take(" step "), cursor.integer() != nil, cursor.take(" | loss train: "),
            let loss = cursor.number()
        else { return false }
        history.train(step: step, loss: loss)
        return true
    }
}
