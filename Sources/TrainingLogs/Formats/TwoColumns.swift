import Terms

/// `step loss` and nothing else, without a header. Taken only when nearly every line is like this and the steps rise.
struct TwoColumns: LineLogFormat {
    static let description = LogFormatDescription(
        id: "two-columns",
        title: "two columns of step and loss",
        trainers: ["two-columns"],
        pattern: "N X",
        stepBase: nil,
        lossScope: .unknown,
        weight: 1,
        isLoose: true
    )

    private var others = 0

    mutating func parse(_ line: ByteCursor, into history: inout HistoryBuilder) -> Bool {
        var cursor = line
        cursor.skipSpaces()
        others += 1
        guard let step = cursor.integer(), step >= 0 else { return false }
        guard cursor.take(0x2C) || cursor.take(0x3B) || cursor.current == 0x20 || cursor.current == 0x09 else {
            return false
        }
        cursor.skipSpaces()
        guard let loss = cursor.number() else { return false }
        cursor.skipSpaces()
        guard cursor.isAtEnd else { return false }
        others -= 1
        history.train(step: step, loss: loss)
        return true
    }

    mutating func finish(into history: inout HistoryBuilder) {
        let steps = history.history.train.steps
        let falls = zip(steps, steps.dropFirst()).reduce(0) { $0 + ($1.0 < $1.1 ? 0 : 1) }
        if steps.count < 3 || others * 10 > steps.count || falls * 10 > steps.count {
            history = HistoryBuilder(Self.description)
        }
    }
}
