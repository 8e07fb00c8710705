import TrainingLogs

/// Series that tests of several rules need.
enum LogSeries {
    /// A validation loss that falls from one evaluation to the next.
    static func falling(_ steps: [Int], from start: Double = 5) -> Series {
        Series(steps: steps, values: steps.indices.map { start - 0.05 * Double($0) })
    }
}
