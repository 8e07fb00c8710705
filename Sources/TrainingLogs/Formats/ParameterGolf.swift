import Terms

/// The parameter-golf logs that print no word before the step: `N/M train_loss: X`, `N/M val_loss: X val_bpb: X`.
struct ParameterGolf: LineLogFormat {
    static let description = LogFormatDescription(
        id: "parameter-golf",
        title: "parameter-golf",
        trainers: ["parameter-golf"],
        pattern: "N/M train_loss: X train_time: T",
        stepBase: 1,
        lossScope: .unknown
    )

    mutating func parse(_ line: ByteCursor, into history: inout HistoryBuilder) -> Bool {
        var cursor = line
        cursor.skipLinePrefix()
        guard let step = cursor.integer(), cursor.take("/"), let total = cursor.integer(), cursor.take(" ") else {
            return false
        }
        if cursor.take("train_loss: "), let loss = cursor.number() {
            history.train(step: step, loss: loss)
        } else if cursor.take("val_loss: "), let loss = cursor.number() {
            history.validation(step: step, loss: loss)
        } else {
            return false
        }
        history.totalSteps(total)
        return true
    }
}
