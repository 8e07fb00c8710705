import Terms

/// Standard output of build-nanogpt `train_gpt2.py`.
///
/// The step is 0-based; the loss is the mean over all micro-batches and ranks; the norm is taken before clipping.
/// `validation loss: X` has no step and precedes the training line of the same step.
struct BuildNanoGPT: LineLogFormat {
    static let description = LogFormatDescription(
        id: "build-nanogpt",
        title: "build-nanogpt",
        trainers: ["build-nanogpt"],
        pattern: "step N | loss: X | lr X | norm: X | dt: ...",
        stepBase: 0,
        lossScope: .step,
        defaultClip: 1
    )

    mutating func parse(_ line: ByteCursor, into history: inout HistoryBuilder) -> Bool {
        guard var cursor = StepLine.find("step ", in: line) else { return parseValidation(line, into: &history) }
        guard let step = cursor.integer(), cursor.take(" | loss: "), let loss = cursor.number(),
            cursor.take(" | lr"), cursor.take(" ") || cursor.take(": "), let rate = cursor.number()
        else { return false }
        history.train(step: step, loss: loss)
        history.learningRate(step: step, rate)
        if cursor.take(" | norm: "), let norm = cursor.number() { history.gradientNorm(step: step, norm) }
        return true
    }

    private func parseValidation(_ line: ByteCursor, into history: inout HistoryBuilder) -> Bool {
        var cursor = line
        guard cursor.seek("validation loss: "), let loss = cursor.number() else { return false }
        history.validation(beforeNextStep: loss)
        return true
    }
}
