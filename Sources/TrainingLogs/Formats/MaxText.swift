import Terms

/// MaxText: `completed step: N, seconds: T, ..., loss: X`, 0-based, the mean over the global batch.
struct MaxText: LineLogFormat {
    static let description = LogFormatDescription(
        id: "maxtext",
        title: "MaxText",
        trainers: ["maxtext"],
        pattern: "completed step: N, seconds: T, ..., loss: X",
        stepBase: 0,
        lossScope: .step,
        defaultClip: 1
    )

    mutating func parse(_ line: ByteCursor, into history: inout HistoryBuilder) -> Bool {
        var cursor = line
        if cursor.seek("eval metrics after step: "), let step = cursor.integer() {
            guard cursor.seek(" loss="), let loss = cursor.number() else { return false }
            history.validation(step: step, loss: loss)
            return true
        }
        guard var cursor = StepLine.find("completed step: ", in: line), let step = cursor.integer(),
            cursor.seek(", loss: "), let loss = cursor.number()
        else { return false }
        history.train(step: step, loss: loss)
        return true
    }
}
