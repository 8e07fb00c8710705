import TrainingLogs

/// The processes of a run: where the log shows that a new one took over.
struct Processes {
    /// The first updates of the processes after the first, rising. A process that a later one made undone is left out.
    var restarts: [Int] = []
    /// The first update whose process began at a step that is not certain.
    var uncertainFrom: Int?

    init(_ history: TrainingHistory) {
        var starts: [(update: Int, isCertain: Bool)] = []
        for (index, segment) in history.segments.enumerated() {
            let stride = Self.stride(of: segment, in: history)
            let (update, overflow) = segment.steps.lowerBound.subtractingReportingOverflow(history.stepBase)
            guard !overflow, update >= 0, update < 1 << 40 else { continue }
            // The first line of a sparse log comes some steps after the beginning.
            let isBeginning = index == 0 && update <= 2 * stride
            let start = isBeginning ? 0 : update
            starts.removeAll { $0.update >= start }
            starts.append((start, isBeginning || stride == 1))
        }
        restarts = starts.map(\.update).filter { $0 > 0 }
        uncertainFrom = starts.first { !$0.isCertain }?.update
    }

    /// The usual distance of two printed steps.
    private static func stride(of segment: Segment, in history: TrainingHistory) -> Int {
        let steps = history.train.steps[segment.records.clamped(to: 0..<history.train.steps.count)]
        let distances = zip(steps, steps.dropFirst()).prefix(64).map { $1 - $0 }.sorted()
        return distances.isEmpty ? 1 : max(1, distances[distances.count / 2])
    }
}
