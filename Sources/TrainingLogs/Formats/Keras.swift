import Terms

/// Keras: `Epoch E/T`, then `N/N [====] - 5s - loss: X - accuracy: X - val_loss: X`.
///
/// The bar is redrawn with a mean over the epoch so far; the last one of an epoch is its record, and the epoch its step.
struct Keras: LineLogFormat {
    static let description = LogFormatDescription(
        id: "keras",
        title: "Keras progress bars",
        trainers: ["keras", "tensorflow-keras"],
        pattern: "Epoch E/T, then N/N - 5s - loss: X - val_loss: X",
        stepBase: 1,
        lossScope: .interval
    )

    private var epoch: Int?
    private var loss: Double?
    private var validation: Double?
    private var rate: Double?

    mutating func parse(_ line: ByteCursor, into history: inout HistoryBuilder) -> Bool {
        var cursor = line
        cursor.skipLinePrefix()
        if cursor.take("Epoch "), let number = cursor.integer(), cursor.take(0x2F), let total = cursor.integer() {
            guard cursor.isAtEnd || !cursor.contains("oss") else { return false }
            finish(into: &history)
            epoch = number
            history.totalSteps(total)
            return true
        }
        guard epoch != nil, isBar(cursor) else { return false }
        // Redrawn with backspaces, all bars of an epoch are one line.
        loss = last(" - loss: ", in: line) ?? loss
        validation = last(" - val_loss: ", in: line) ?? validation
        rate = last(" - lr: ", in: line) ?? last(" - learning_rate: ", in: line) ?? rate
        return true
    }

    mutating func finish(into history: inout HistoryBuilder) {
        defer { (epoch, loss, validation, rate) = (nil, nil, nil, nil) }
        guard let epoch, let loss else { return }
        history.train(step: epoch, loss: loss)
        if let validation { history.validation(step: epoch, loss: validation) }
        if let rate { history.learningRate(step: epoch, rate) }
    }

    /// `12/100 [==>...] - ETA: 5s - loss: X`, `100/100 - 5s - loss: X`, ` - 5s - loss: X`.
    private func isBar(_ text: ByteCursor) -> Bool {
        var cursor = text
        if cursor.integer() != nil {
            guard cursor.take(0x2F), cursor.integer() != nil || cursor.take("Unknown") else { return false }
        } else if !cursor.sees("- ") {
            return false
        }
        return cursor.contains(" - loss: ")
    }

    private func last(_ name: StaticString, in line: ByteCursor) -> Double? {
        var cursor = line
        var value: Double?
        while cursor.seek(name) { value = cursor.number() ?? value }
        return value
    }
}
