import Terms

/// Standard output of llm.c `train_gpt2.cu`.
///
/// The step is printed 1-based; the z-scores are NaN for the first 128 lines; the loss is the mean over all
/// micro-batches and ranks, the norm is taken before clipping.
struct LlmcCUDA: LineLogFormat {
    static let description = LogFormatDescription(
        id: "llm.c",
        title: "llm.c (CUDA)",
        trainers: ["llm.c"],
        pattern: "step N/M | loss X (Zz)| norm X (Zz)| lr X | ...",
        stepBase: 1,
        lossScope: .step,
        defaultClip: 1
    )

    mutating func parse(_ line: ByteCursor, into history: inout HistoryBuilder) -> Bool {
        guard var cursor = StepLine.find("step ", in: line) else { return LlmcValidation.parse(line, into: &history) }
        guard let step = cursor.integer(), cursor.take("/"), let total = cursor.integer(), cursor.take(" | loss ")
        else { return false }
        cursor.skipSpaces()
        guard let loss = cursor.number() else { return false }
        cursor.skipSpaces()
        // More follows in every version: else the line is cut, perhaps within the number.
        guard cursor.current == 0x28 || cursor.current == 0x7C else { return false }
        history.train(step: step, loss: loss)
        history.totalSteps(total)
        if cursor.seek("| norm ") {
            cursor.skipSpaces()
            if let norm = cursor.number() { history.gradientNorm(step: step, norm) }
        }
        if cursor.seek("| lr "), let rate = cursor.number() { history.learningRate(step: step, rate) }
        return true
    }
}

/// llm.c prints `val loss X` without a step.
enum LlmcValidation {
    static func parse(_ line: ByteCursor, into history: inout HistoryBuilder) -> Bool {
        var cursor = line
        guard cursor.seek("val loss "), let loss = cursor.number() else { return false }
        cursor.skipSpaces()
        guard cursor.isAtEnd else { return false }
        history.validation(beforeNextStep: loss)
        return true
    }
}

/// Finding the place where a line's metrics begin, behind whatever was put in front of it.
enum StepLine {
    /// A cursor on the digits behind the first `word` that digits follow (spaces between are skipped).
    @inline(__always)
    static func find(_ word: StaticString, in line: ByteCursor) -> ByteCursor? {
        var cursor = line
        while cursor.seek(word) {
            var digits = cursor
            digits.skipSpaces()
            if digits.current.isDigit { return digits }
        }
        return nil
    }
}
