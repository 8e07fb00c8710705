import Terms

/// Marian: `Ep. E : Up. N : Sen. M : Cost X : Time T : W words/s`, 1-based, the mean since the last line.
///
/// What the cost averages over is a setting (`--cost-type`), and not printed: per word, or per sentence.
struct Marian: LineLogFormat {
    static let description = LogFormatDescription(
        id: "marian",
        title: "Marian",
        trainers: ["marian", "marian-nmt"],
        pattern: "Ep. E : Up. N : Sen. M : Cost X : Time T",
        stepBase: 1,
        lossScope: .interval
    )

    mutating func parse(_ line: ByteCursor, into history: inout HistoryBuilder) -> Bool {
        var cursor = line
        guard cursor.seek("Ep. "), cursor.number() != nil, cursor.take(" : Up. "), let step = cursor.groupedInteger()
        else {
            return false
        }
        var before = line
        if before.seek("[valid]"), before.position < cursor.position {
            guard cursor.take(" : cross-entropy : ") || cursor.take(" : ce-mean-words : "), let loss = cursor.number()
            else { return false }
            history.validation(step: step, loss: loss)
            return true
        }
        guard cursor.seek(" : Cost "), let cost = cursor.number() else { return false }
        history.train(step: step, loss: cost)
        var rate = cursor
        if rate.seek(" : L.r. "), let value = rate.number() { history.learningRate(step: step, value) }
        if cursor.seek(" : gNorm "), let norm = cursor.number() { history.gradientNorm(step: step, norm) }
        return true
    }
}
