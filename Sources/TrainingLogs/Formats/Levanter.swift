import Terms

/// Levanter's progress lines: `Progress on:train 1.00it/850it rate:... postfix:loss=X`, 1-based, the mean over the global batch.
///
/// From a thousand steps on the number is rounded (`1.23kit`): records of one printed number are numbered on within it.
struct Levanter: LineLogFormat {
    static let description = LogFormatDescription(
        id: "levanter",
        title: "Levanter",
        trainers: ["levanter", "marin"],
        pattern: "Progress on:train N it/M it rate:... postfix:loss=X",
        stepBase: 1,
        lossScope: .step
    )

    mutating func parse(_ line: ByteCursor, into history: inout HistoryBuilder) -> Bool {
        var cursor = line
        guard cursor.seek("Progress on:train ") else {
            // Others print these words too.
            guard history.lastStep != nil else { return false }
            for words: StaticString in ["validation loss: ", "eval loss: "] {
                cursor = line
                guard cursor.seek(words), let loss = cursor.number() else { continue }
                history.validation(step: history.lastStep ?? 0, loss: loss)
                return true
            }
            return false
        }
        guard let (count, unit) = Self.count(&cursor), cursor.take("it/"), let (total, _) = Self.count(&cursor),
            cursor.seek("postfix:")
        else { return false }
        guard cursor.take("loss=") || cursor.seek(", loss="), let loss = cursor.number() else { return false }
        var step = count
        if unit > 1, let last = history.lastStep, last >= count, last < count &+ unit { step = last &+ 1 }
        history.train(step: step, loss: loss)
        history.totalSteps(total)
        return true
    }

    /// A count as tqdm scales it, `850`, `1.23k`, `12.0M`, and what its last digit is worth.
    private static func count(_ cursor: inout ByteCursor) -> (count: Int, unit: Int)? {
        let start = cursor.position
        guard let value = cursor.number() else { return nil }
        let fraction = cursor.slice(start..<cursor.position)
        let digits =
            fraction.index(of: 0x2E) < fraction.bytes.count ? fraction.bytes.count - fraction.index(of: 0x2E) - 1 : 0
        var scale = 1
        if cursor.take(0x6B) { scale = 1000 } else if cursor.take(0x4D) { scale = 1_000_000 }
        guard let count = Int(exactly: (value * Double(scale)).rounded()) else { return nil }
        return (count, max(1, (0..<min(digits, 6)).reduce(scale) { unit, _ in unit / 10 }))
    }
}
