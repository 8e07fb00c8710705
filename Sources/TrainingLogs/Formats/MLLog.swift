import Terms

/// MLPerf's `:::MLLOG {json}` lines: `train_loss` at a count of samples, and `eval_accuracy`, which for language models is
/// a loss and for BERT an accuracy. Since the Llama benchmarks NeMo tracks its loss as one of several statistics.
struct MLLog: LineLogFormat {
    static let description = LogFormatDescription(
        id: "mllog",
        title: "MLPerf logging",
        trainers: ["mllog", "mlperf"],
        pattern: ":::MLLOG {\"key\": \"train_loss\", \"value\": X, \"metadata\": {\"samples_count\": N}}",
        stepBase: 1,
        lossScope: .unknown,
        weight: 8  // Nothing else begins a line like this, and the logs hold the trainer's own lines too.
    )

    mutating func parse(_ line: ByteCursor, into history: inout HistoryBuilder) -> Bool {
        var cursor = line
        guard cursor.seek(":::MLLOG ") else { return false }
        let text = cursor
        // The position stands at the end of the object.
        if history.isLineOpen, line.bytes.last != 0x7D { return true }
        if let value = quoted("\"key\": \"submission_benchmark\"", in: text) {
            if value.sees("bert") { history.history.validationUnit = .accuracy }
            return true
        }
        if let loss = value(of: "\"key\": \"train_loss\"", in: text) ?? tracked(in: text), let step = position(in: text)
        {
            history.train(step: step, loss: loss)
        } else if let loss = value(of: "\"key\": \"eval_accuracy\"", in: text)
            ?? value(of: "\"key\": \"eval_loss\"", in: text), let step = position(in: text)
        {
            history.validation(step: step, loss: loss)
        }
        return true
    }

    private func value(of key: StaticString, in text: ByteCursor) -> Double? {
        var cursor = text
        guard cursor.seek(key), cursor.seek("\"value\": ") else { return nil }
        return cursor.number()
    }

    /// `"key": "tracked_stats", "value": {"reduced_train_loss": X, ...}`.
    private func tracked(in text: ByteCursor) -> Double? {
        var cursor = text
        guard cursor.seek("\"key\": \"tracked_stats\"") else { return nil }
        let statistics = cursor
        for name: StaticString in ["\"reduced_train_loss\": ", "\"train_loss\": "] {
            cursor = statistics
            if cursor.seek(name) { return cursor.number() }
        }
        return nil
    }

    private func quoted(_ key: StaticString, in text: ByteCursor) -> ByteCursor? {
        var cursor = text
        guard cursor.seek(key), cursor.seek("\"value\": \"") else { return nil }
        return cursor
    }

    private func position(in text: ByteCursor) -> Int? {
        for key: StaticString in ["\"samples_count\": ", "\"step_num\": ", "\"epoch_num\": ", "\"step\": "] {
            var cursor = text
            if cursor.seek(key), let number = cursor.number() { return Int(exactly: number.rounded(.down)) }
        }
        return nil
    }
}
