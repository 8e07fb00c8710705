import Terms

/// Standard output of llm.c `train_gpt2.py` and `train_llama3.py`, and of older `train_gpt2.cu`.
///
/// The step is printed 1-based; the loss is the mean over all micro-batches and ranks.
struct LlmcPython: LineLogFormat {
    static let description = LogFormatDescription(
        id: "llm.c-python",
        title: "llm.c (Python)",
        trainers: ["llm.c"],
        pattern: "step N/M | train loss X | norm X | lr X | (T ms | R tok/s)",
        stepBase: 1,
        lossScope: .step,
        defaultClip: 1
    )

    mutating func parse(_ line: ByteCursor, into history: inout HistoryBuilder) -> Bool {
        guard var cursor = StepLine.find("step ", in: line) else { return LlmcValidation.parse(line, into: &history) }
        guard let step = cursor.integer(), cursor.take("/"), let total = cursor.integer(),
            cursor.take(" | train loss ")
        else { return false }
        cursor.skipSpaces()
        guard let loss = cursor.number() else { return false }
        history.train(step: step, loss: loss)
        history.totalSteps(total)
        if cursor.take(" | norm ") {
            cursor.skipSpaces()
            // -1 stands for "not measured".
            if let norm = cursor.number(), norm != -1 { history.gradientNorm(step: step, norm) }
        }
        if cursor.take(" | lr "), let rate = cursor.number() { history.learningRate(step: step, rate) }
        // Forks that train in fp16, and our own drills, print the loss scale behind it.
        if cursor.take(" | scale "), let scale = cursor.number() { history.lossScale(step: step, scale) }
        return true
    }
}
