import Terms

/// build-nanogpt's `log/log.txt`: `N train X`, `N val X`, `N hella X`, 0-based.
struct BuildNanoGPTLog: LineLogFormat {
    static let description = LogFormatDescription(
        id: "build-nanogpt-log",
        title: "build-nanogpt log.txt",
        trainers: ["build-nanogpt"],
        pattern: "N train X",
        stepBase: 0,
        lossScope: .step,
        defaultClip: 1
    )

    mutating func parse(_ line: ByteCursor, into history: inout HistoryBuilder) -> Bool {
        var cursor = line
        cursor.skipLinePrefix()
        guard let step = cursor.integer() else { return false }
        if cursor.take(" train "), let loss = cursor.number() {
            history.train(step: step, loss: loss)
            return true
        }
        if cursor.take(" val "), let loss = cursor.number() {
            history.validation(step: step, loss: loss)
            return true
        }
        return cursor.take(" hella ")
    }
}
