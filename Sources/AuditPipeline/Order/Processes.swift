import DataOrder
import TrainingLogs

/// The processes of a run as the log shows them: where a new one took over, and what each of them printed.
struct Processes {
    /// One process, in the order of the log.
    struct Process: Equatable {
        /// Its first update.
        var start: Int
        /// The last update it printed.
        var last: Int
        /// Whether it is certain that it began with ``start``.
        var isCertain: Bool
    }

    let processes: [Process]

    init(_ history: TrainingHistory) {
        var found: [Process] = []
        for (index, segment) in history.segments.enumerated() {
            let stride = Self.stride(of: segment, in: history)
            let (first, overflow) = segment.steps.lowerBound.subtractingReportingOverflow(history.stepBase)
            let (last, overflow2) = segment.steps.upperBound.subtractingReportingOverflow(history.stepBase)
            guard !overflow, !overflow2, first >= 0, last < 1 << 40 else { continue }
            // The first line of a sparse log comes some steps after the beginning.
            let isBeginning = index == 0 && first <= 2 * stride
            // A log that begins in the middle may have lost its head.
            let isSeen = index > 0 || history.events.contains { $0.kind == .resumed && ($0.step ?? 0) <= first }
            found.append(
                Process(
                    start: isBeginning ? 0 : first,
                    last: last,
                    isCertain: isBeginning || (stride == 1 && isSeen)
                )
            )
        }
        // No run has more; a log in disorder must not cost the square of its lines.
        processes = Array(found.suffix(1000))
    }

    /// The first updates of the processes that took over, rising.
    var restarts: [Int] { Set(processes.map(\.start).filter { $0 > 0 }).sorted() }

    /// Which process did which updates, with what is not certain of it: of those that printed an update the last, else the
    /// last that can have reached it.
    /// - Parameter base: The number that the log prints for the first update.
    func stretches(base: Int) -> [ProcessStretch] {
        let bounds = Set([0] + processes.flatMap { [$0.start, $0.last + 1] }).sorted()
        var found: [(update: Int, process: Process?)] = []
        for update in bounds {
            let reached = processes.filter { $0.start <= update }
            let process = reached.last { update <= $0.last } ?? reached.last
            if let last = found.last, last.process == process { continue }
            found.append((update, process))
        }
        return found.map { update, process in
            guard let process else {
                let first = base + (restarts.first ?? 0)
                let doubt = "the log does not show the process that did the steps before \(first)"
                return ProcessStretch(update: update, processStart: 0, doubt: doubt)
            }
            let doubt =
                process.isCertain
                ? nil
                : "the log does not show with which step the process began that printed \(process.start + base) first, and "
                    + "its loader started over there"
            return ProcessStretch(update: update, processStart: process.start, doubt: doubt)
        }
    }

    /// The updates that one process did and another did again.
    var repeated: [Range<Int>] {
        var ranges: [Range<Int>] = []
        for (index, process) in processes.enumerated() {
            for later in processes[(index + 1)...] {
                let first = max(process.start, later.start)
                let end = min(process.last, later.last) + 1
                if first < end { ranges.append(first..<end) }
            }
        }
        return Array(RangeSet(ranges).ranges)
    }

    /// The usual distance of two printed steps.
    private static func stride(of segment: Segment, in history: TrainingHistory) -> Int {
        let steps = history.train.steps[segment.records.clamped(to: 0..<history.train.steps.count)]
        let distances = zip(steps, steps.dropFirst()).prefix(64).map { $1 &- $0 }.sorted()
        return distances.isEmpty ? 1 : max(1, distances[distances.count / 2])
    }
}
