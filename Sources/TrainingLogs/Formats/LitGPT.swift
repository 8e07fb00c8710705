import Terms

/// Standard output of litgpt `pretrain`, `finetune`.
///
/// `iter` counts micro-batches of a device, `step` optimizer steps, which are the steps here; the loss is a running mean
/// over the last accumulation window of the printing rank. Where lines are printed for each micro-batch, the first one of a
/// step (it ends with `(step)`) is the step's: its window is complete.
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

    /// Micro-batches of a step, once a line at the end of one has shown them.
    private var accumulation: Int?

    mutating func parse(_ line: ByteCursor, into history: inout HistoryBuilder) -> Bool {
        guard var cursor = StepLine.find("iter ", in: line), let iteration = cursor.integer() else { return false }
        if cursor.take(": val loss "), let loss = cursor.number() {
            let step = accumulation.map { iteration / $0 } ?? history.lastStep ?? iteration
            history.validation(step: step, loss: loss)
            return true
        }
        guard cursor.take(" step "), let step = cursor.integer(), cursor.take(" | loss train: "),
            let loss = cursor.number()
        else { return false }
        if cursor.seek("(step)"), step > 0, iteration >= step, iteration.isMultiple(of: step) {
            let count = iteration / step
            if accumulation != count { history.geometry(.accumulation, count, .computed) }
            accumulation = count
        }
        // Before the first step no update was made, and behind a step its number is printed until the next one.
        if step > 0, step != history.lastStep { history.train(step: step, loss: loss) }
        return true
    }
}
