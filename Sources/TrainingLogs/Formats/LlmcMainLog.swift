import Terms

/// llm.c's `main.log` (`llmc/logger.h`): `s:N trl:X lr:X norm:X`, `s:N tel:X`.
///
/// The step is 0-based here, one less than on standard output. With `-y 1` a resumed run appends.
struct LlmcMainLog: LineLogFormat {
    static let description = LogFormatDescription(
        id: "llm.c-main-log",
        title: "llm.c main.log",
        trainers: ["llm.c"],
        pattern: "s:N trl:X lr:X norm:X",
        stepBase: 0,
        lossScope: .step,
        defaultClip: 1
    )

    mutating func parse(_ line: ByteCursor, into history: inout HistoryBuilder) -> Bool {
        guard var cursor = StepLine.find("s:", in: line), let step = cursor.integer(), cursor.take(" ") else {
            return false
        }
        if cursor.take("trl:") {
            // A number that ends with its point was cut off.
            guard let loss = cursor.number(), cursor.peek(-1) != 0x2E else { return false }
            history.train(step: step, loss: loss)
            if cursor.take(" lr:"), let rate = cursor.number() { history.learningRate(step: step, rate) }
            if cursor.take(" norm:"), let norm = cursor.number() { history.gradientNorm(step: step, norm) }
            return true
        }
        if cursor.take("tel:"), let loss = cursor.number() {
            history.validation(step: step, loss: loss)
            return true
        }
        return cursor.take("eval:")
    }
}
