import Terms

/// Standard output of llm.c `train_gpt2.c` (CPU, 0-based) and `train_gpt2_fp32.cu` (1-based, with a denominator).
struct LlmcC: LineLogFormat {
    static let description = LogFormatDescription(
        id: "llm.c-c",
        title: "llm.c (C and fp32 CUDA)",
        trainers: ["llm.c"],
        pattern: "step N: train loss X (took T ms)",
        stepBase: 0,
        lossScope: .step,
        defaultClip: 0
    )

    mutating func parse(_ line: ByteCursor, into history: inout HistoryBuilder) -> Bool {
        guard var cursor = StepLine.find("step ", in: line) else { return LlmcValidation.parse(line, into: &history) }
        guard let step = cursor.integer() else { return false }
        var total: Int?
        if cursor.take("/") { total = cursor.integer() }
        guard cursor.take(": train loss "), let loss = cursor.number(), cursor.take(" (") else { return false }
        if let total {
            history.history.stepBase = 1
            history.totalSteps(total)
        }
        history.train(step: step, loss: loss)
        return true
    }
}
