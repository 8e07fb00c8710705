import Terms

/// Where a log goes on with another run: a sweep, a restart from scratch, a log pasted behind another, or nanochat's
/// speedrun, which prints pretraining, midtraining and fine-tuning into one log.
public struct RunStart: Sendable, Equatable {
    /// The 1-based line of its first record.
    public var line: Int
    /// The line of the last record before it.
    var formerLine: Int
    /// The file it stands in, where a run is read from several.
    public var file: String?
    /// Whether it starts from the weights of the run before, and not from fresh ones.
    public var startsTrained: Bool
    /// Whether its lines name the planned steps, or leave them to those of the run before.
    var isPlanned = true
    /// Whether the format knows that a run begins here; else its records show it.
    var isCertain = false
    /// Whether ``startsTrained`` is known beforehand.
    var areWeightsKnown = false
    /// The planned steps that were printed last before it.
    var formerPlan: Int?
    /// What it prints of the configuration, where it stands in a file of its own.
    var settings: Hyperparameters?
    /// The records before it, of each of ``TrainingHistory/columns``.
    var records: [Int]
    /// The records before it of the other series, in the order of their names.
    var series: [Int] = []
    /// The events before it; nil until the log is read.
    var events: Int?
    /// The positions of the data loader before it.
    var dataPositions: Int
}

/// Which of the runs of a log a history is.
public struct RunPlace: Sendable, Equatable {
    /// Its place in the log, from 1.
    public var number: Int
    /// The runs of the log.
    public var count: Int
    /// Its lines in the log.
    public var lines: ClosedRange<Int>
    /// The file it stands in, where the runs stand in several.
    public var file: String?
    /// Whether it comes to the end of its plan, or without one nearly as far as the longest.
    public var isWhole: Bool
    /// Whether it is the one that a report is about.
    public var isMain: Bool
    /// Whether another run follows.
    public var isFollowed: Bool { number < count }
}

extension TrainingHistory {
    /// No sweep has more runs; a log in disorder must not be cut into thousands.
    static let mostRuns = 256

    /// The series that are cut where a run begins. Those of one log have the same order everywhere.
    static var columns: [WritableKeyPath<TrainingHistory, Series>] {
        [\.train, \.validation, \.learningRate, \.gradientNorm, \.lossScale]
    }

    /// The runs that the log holds, each as a log of its own, in order. One for nearly every log.
    public var runs: [TrainingHistory] {
        guard !runStarts.isEmpty else { return [self] }
        let main = mainIndex
        return (0...runStarts.count).map { run($0, isMain: $0 == main) }
    }

    /// The run that a report is about: the one that was chosen, or else the last whole one that began with fresh weights.
    public var mainRun: TrainingHistory { runStarts.isEmpty ? self : run(mainIndex, isMain: true) }

    /// The same log with the choice of the run that a report is about.
    /// - Parameter number: Its place in the log, from 1; nil takes the last whole one.
    public func choosing(run number: Int?) throws(LogError) -> TrainingHistory {
        guard let number else { return self }
        guard (1...runStarts.count + 1).contains(number) else {
            throw .noSuchRun(number: number, count: runStarts.count + 1)
        }
        var result = self
        result.chosenRun = number
        return result
    }

    private var mainIndex: Int {
        if let chosenRun { return chosenRun - 1 }
        let fresh = (0...runStarts.count).filter { $0 == 0 || !runStarts[$0 - 1].startsTrained }
        // Where none comes to the end of its plan, one that comes as far as the longest is not the one just begun.
        let longest = fresh.map(lastStep).max() ?? 0
        return fresh.last(where: isWhole) ?? fresh.last { Double(lastStep(ofRun: $0)) >= 0.9 * Double(longest) } ?? 0
    }

    /// Whether a run comes to the end of its plan, or without one nearly as far as the longest.
    private func isWhole(run index: Int) -> Bool {
        let last = Double(lastStep(ofRun: index))
        if let plan = plan(ofRun: index) { return last - Double(stepBase) + 1 >= 0.98 * Double(plan) }
        return last >= 0.9 * Double((0...runStarts.count).map(lastStep).max() ?? 0)
    }

    private func lastStep(ofRun index: Int) -> Int {
        let column = train.isEmpty ? \TrainingHistory.validation : \.train
        return self[keyPath: column].steps[records(ofRun: index, of: column)].max() ?? .min
    }

    /// A run without a plan has not that of the one before.
    private func plan(ofRun index: Int) -> Int? {
        if index > 0, !runStarts[index - 1].isPlanned { return nil }
        return index < runStarts.count ? runStarts[index].formerPlan : hyperparameters.totalSteps
    }

    private func run(_ index: Int, isMain: Bool) -> TrainingHistory {
        let start = index > 0 ? runStarts[index - 1] : nil
        let next = index < runStarts.count ? runStarts[index] : nil
        func part<Element>(_ all: [Element], _ count: KeyPath<RunStart, Int>) -> [Element] {
            let first = min(start?[keyPath: count] ?? 0, all.count)
            return Array(all[first..<max(first, min(next?[keyPath: count] ?? all.count, all.count))])
        }
        var run = self
        run.runStarts = []
        run.chosenRun = nil
        for column in Self.columns {
            let range = records(ofRun: index, of: column)
            let series = self[keyPath: column]
            run[keyPath: column] = Series(steps: Array(series.steps[range]), values: Array(series.values[range]))
        }
        run.series = series.part(from: start?.series, to: next?.series)
        let own = records(ofRun: index, of: \.train)
        run.resumeRecords = resumeRecords.filter { $0 > own.lowerBound && $0 < own.upperBound }
            .map { $0 - own.lowerBound }
        run.dataPositions = part(dataPositions, \.dataPositions)
        let firstEvent = min(start?.events ?? 0, events.count)
        run.events = Array(events[firstEvent..<max(firstEvent, min(next?.events ?? events.count, events.count))])
        let firstLine = start?.line ?? 1
        let lastLine = next.map { $0.file == start?.file ?? file ? $0.line - 1 : nil } ?? (next == nil ? lines : nil)
        run.place = RunPlace(
            number: index + 1,
            count: runStarts.count + 1,
            lines: firstLine...max(firstLine, lastLine ?? firstLine),
            file: start == nil ? file : start?.file,
            isWhole: isWhole(run: index),
            isMain: isMain
        )
        run.startsTrained = start?.startsTrained ?? startsTrained
        run.stepTokens = stepTokens.filter { own.contains($0.record) }
        if let settings = start?.settings {
            run.hyperparameters = settings
            run.ledger = SettingsLedger()
        } else {
            // A run that prints no settings has those of the run before.
            let parts = (0...index).map { ledger.part(records(ofRun: $0, of: \.train)) }
            run.ledger = parts.last { !$0.entries.isEmpty } ?? ledger
            run.resolveGeometry()
        }
        run.hyperparameters.totalSteps = plan(ofRun: index)
        if let next { run.dies(behind: next.formerLine) }
        run.measureOrder()
        return run
    }

    /// An error behind the last record of a run, which another run outlived, was its end.
    private mutating func dies(behind line: Int) {
        var isFirst = true
        for index in events.indices where events[index].line > line && events[index].ending?.role == .survived {
            events[index].ending?.role = isFirst ? .root : .follows
            isFirst = false
        }
    }

    /// The records of a run in a series, which may have been replaced since it was read.
    private func records(ofRun index: Int, of column: KeyPath<TrainingHistory, Series>) -> Range<Int> {
        let count = self[keyPath: column].count
        guard let place = Self.columns.firstIndex(where: { $0 as KeyPath == column }) else { return 0..<count }
        let first = index > 0 ? min(runStarts[index - 1].records[place], count) : 0
        let end = index < runStarts.count ? runStarts[index].records[place] : count
        return first..<max(first, min(end, count))
    }

    /// Finds the segments and undoes a moving average: what follows from the order of the records.
    mutating func measureOrder() {
        segments = Segmentation.segments(of: train.steps, hasMicroBatches: hasMicroBatches)
        guard lossScope == .movingAverage else { return }
        // Steps that start again in another run are not repeats.
        let parts = runStarts.isEmpty ? [] : runs.map { $0.rawTrain ?? Series() }
        rawTrain =
            parts.isEmpty
            ? MovingAverage.undone(train, segments: segments, base: stepBase)
            : Series(steps: parts.flatMap(\.steps), values: parts.flatMap(\.values))
    }

    /// The runs beside the main one as a clause, with their lines and steps; `nil` where the log holds one run.
    package var otherRunsText: String? {
        guard !runStarts.isEmpty else { return nil }
        let others = runs.filter { $0.place?.isMain == false }
        let places = others.prefix(4).map { run in
            let curve = run.train.isEmpty ? run.validation : run.train
            let from = run.place.map { ($0.file.map { $0 + " " } ?? "") + "from line \($0.lines.lowerBound)" } ?? ""
            return from + (curve.isEmpty ? "" : ", steps \(curve.steps.min() ?? 0) to \(curve.steps.max() ?? 0)")
        }
        let list = places.joined(separator: "; ") + (others.count > 4 ? "; …" : "")
        return "the log holds \(others.count == 1 ? "another run" : "\(others.count) other runs") (\(list))"
    }

    /// Whether this is nanochat's log of a later phase alone, which names no planned steps and starts again.
    var isLaterNanochatPhase: Bool {
        format == "nanochat" && hyperparameters.totalSteps == nil && (train.steps.min() ?? .max) <= stepBase + 1
    }
}
