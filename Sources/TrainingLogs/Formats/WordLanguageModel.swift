import Terms

/// PyTorch's word_language_model example and what grew from it: `| epoch E | N/ M batches | lr X | ... | loss X | ppl X`.
///
/// Batches are numbered from the start in each epoch; the step in the run counts those of the epochs before. The loss is the mean
/// since the last line.
struct WordLanguageModel: LineLogFormat {
    static let description = LogFormatDescription(
        id: "word-language-model",
        title: "PyTorch word_language_model",
        trainers: ["word-language-model", "word-lm", "awd-lstm"],
        pattern: "| epoch E | N/ M batches | lr X | ms/batch T | loss X | ppl X",
        stepBase: 1,
        lossScope: .interval
    )

    private var batches = 0

    mutating func parse(_ line: ByteCursor, into history: inout HistoryBuilder) -> Bool {
        var cursor = line
        var isEnd = false
        repeat {
            guard cursor.seek("| ") else { return false }
            isEnd = cursor.take("end of epoch")
        } while !isEnd && !cursor.take("epoch")
        cursor.skipSpaces()
        guard let epoch = cursor.integer(), cursor.take(" | ") else { return false }
        if isEnd {
            guard cursor.seek("valid loss ") else { return false }
            cursor.skipSpaces()
            guard let loss = cursor.number() else { return false }
            history.validation(step: inRun(epoch: epoch &+ 1, batch: 0), loss: loss)
            return true
        }
        cursor.skipSpaces()
        guard let batch = cursor.integer(), cursor.take("/") else { return false }
        cursor.skipSpaces()
        guard let total = cursor.integer(), cursor.take(" batches |") else { return false }
        batches = total
        let step = inRun(epoch: epoch, batch: batch)
        let fields = cursor
        guard cursor.seek("| loss ") else { return false }
        cursor.skipSpaces()
        guard let loss = cursor.number() else { return false }
        history.train(step: step, loss: loss)
        var rate = fields
        if rate.seek(" lr ") {
            rate.skipSpaces()
            if let value = rate.number() { history.learningRate(step: step, value) }
        }
        return true
    }

    private func inRun(epoch: Int, batch: Int) -> Int {
        max(epoch &- 1, 0).multipliedReportingOverflow(by: batches).partialValue &+ batch
    }
}
