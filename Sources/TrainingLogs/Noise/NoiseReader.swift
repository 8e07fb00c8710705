/// Reads the lines that no format claimed: banners of the trainer, tracebacks, other events.
struct NoiseReader {
    private var traceback: (line: Int, depth: Int)?
    private var deaths: Set<String> = []
    /// llm.c names the place of a CUDA error on one line and the error on the next.
    private var cudaError: String?

    mutating func read(_ line: ByteCursor, into history: inout HistoryBuilder) {
        var text = line
        text.skipLinePrefix()
        if let place = cudaError {
            cudaError = nil
            die(place + " " + text.rest.plainText(limit: 200), into: &history)
            return
        }
        if text.sees("[CUDA ERROR]") {
            cudaError = text.rest.plainText(limit: 200)
            return
        }
        if traceback != nil {
            if readTraceback(text, into: &history) { return }
        } else if text.sees("Traceback (most recent call last)") {
            traceback = (history.line, 0)
            return
        }
        if history.readsBanner(text) { return }
        if let kind = EventRules.kind(of: text) {
            if kind == .traceback {
                die(text.rest.plainText(limit: 400), into: &history)
            } else {
                history.event(kind, text: text.rest.plainText(limit: 400))
            }
        }
        if let scale = EventRules.reducedLossScale(in: text), let step = history.lastStep {
            history.lossScale(step: step, scale)
        }
    }

    mutating func finish(into history: inout HistoryBuilder) {
        if let place = cudaError { die(place, into: &history) }
        cudaError = nil
        guard let open = traceback else { return }
        history.event(.traceback, line: open.line, text: "Traceback without its last line")
        traceback = nil
    }

    /// The frames of a traceback are indented; the first line that is not says what happened.
    private mutating func readTraceback(_ text: ByteCursor, into history: inout HistoryBuilder) -> Bool {
        guard var open = traceback else { return false }
        open.depth += 1
        // The prefix reader swallowed the indentation: frames are told by their words.
        let isFrame = text.position > 0 && text.peek(-1) == 0x20 && !EventRules.isException(text)
        traceback = open
        if isFrame || text.sees("File \"") || text.sees("Traceback (most recent") || text.isAtEnd {
            if open.depth > 2000 { traceback = nil }
            return true
        }
        traceback = nil
        die(text.rest.plainText(limit: 400), into: &history)
        return true
    }

    private mutating func die(_ message: String, into history: inout HistoryBuilder) {
        // Every rank prints the same last words.
        guard deaths.count < 64, deaths.insert(message).inserted else { return }
        history.event(.traceback, text: message)
    }
}
