import Terms

/// minimind: `Epoch:[E/T](N/M), loss: X, lr: X`. The step in the run counts the steps of the epochs before.
///
/// With experts `loss` holds their balancing loss too, and `logits_loss` behind it is that of the language model.
struct Minimind: LineLogFormat {
    static let description = LogFormatDescription(
        id: "minimind",
        title: "minimind",
        trainers: ["minimind"],
        pattern: "Epoch:[E/T](N/M), loss: X, lr: X",
        stepBase: 1,
        lossScope: .microBatch,
        defaultClip: 1
    )

    private var hasMainLoss = false

    mutating func parse(_ line: ByteCursor, into history: inout HistoryBuilder) -> Bool {
        var cursor = line
        guard cursor.seek("Epoch:[") || cursor.seek("Epoch: ["), let epoch = cursor.integer(), cursor.take("/"),
            let epochs = cursor.integer(), cursor.take("]("), let number = cursor.integer(), cursor.take("/"),
            let total = cursor.integer(), cursor.take(")")
        else { return false }
        guard cursor.seek("loss:") else { return false }
        cursor.skipSpaces()
        guard var loss = cursor.number() else { return false }
        var main = cursor
        if main.seek(" logits_loss: "), let value = main.number() {
            loss = value
            hasMainLoss = true
        } else if hasMainLoss, history.isLineOpen {
            return false  // The line was cut in front of it.
        }
        let step = max(epoch &- 1, 0).multipliedReportingOverflow(by: total).partialValue &+ number
        history.totalSteps(max(epochs, 1).multipliedReportingOverflow(by: total).partialValue)
        history.train(step: step, loss: loss)
        if cursor.seek("lr:") {
            cursor.skipSpaces()
            if let rate = cursor.number() { history.learningRate(step: step, rate) }
        }
        return true
    }
}
