import Terms

/// A history while its log is read.
struct HistoryBuilder {
    /// What was read so far.
    var history: TrainingHistory
    /// The 1-based line being read.
    var line = 0
    /// The step last printed.
    var lastStep: Int?
    /// Validation losses printed without a step that wait for the next training line.
    private var waitingValidation: [Double] = []
    /// Where runs may begin, and what tells them apart.
    var marks = RunMarks()
    private var eventCounts: [LogEvent.Kind: Int] = [:]

    /// Events of one kind that are kept.
    static let mostEvents = 1000

    init(_ description: LogFormatDescription) {
        history = TrainingHistory(
            format: description.id,
            stepBase: description.stepBase ?? 0,
            lossScope: description.lossScope
        )
    }

    /// Records a training loss.
    @inline(__always) mutating func train(step: Int, loss: Double) {
        if !waitingValidation.isEmpty { flushValidation(before: step) }
        if marks.isOfInterest(step) { noteRun(step: step) }
        history.train.append(step: step, value: loss)
        lastStep = step
        marks.passed(step, validations: history.validation.count, plan: history.hyperparameters.totalSteps)
    }

    mutating func validation(step: Int, loss: Double) {
        // Where no training loss is printed, the validations show the runs.
        if history.train.isEmpty {
            if marks.isOfInterest(step) { noteRun(step: step) }
            marks.passed(step, validations: 0, plan: history.hyperparameters.totalSteps)
        }
        history.validation.append(step: step, value: loss)
    }

    /// Records a validation loss that was printed without a step: it was measured after as many updates as were done
    /// before the next training line.
    mutating func validation(beforeNextStep loss: Double) { waitingValidation.append(loss) }

    /// Gives the waiting validation losses their step.
    mutating func flushValidation(before nextStep: Int? = nil) {
        let base = history.stepBase
        let end = lastStep.map { $0 &+ 1 } ?? base
        let next = nextStep ?? end
        for (index, loss) in waitingValidation.enumerated() {
            // A run ends with its last validation, and another begins with its first one.
            let isOfFormer = next < end && index + 1 < waitingValidation.count
            history.validation.append(step: (isOfFormer ? end : next) &- base, value: loss)
        }
        waitingValidation.removeAll()
    }

    @inline(__always) mutating func learningRate(step: Int, _ value: Double) {
        history.learningRate.append(step: step, value: value)
    }

    @inline(__always) mutating func gradientNorm(step: Int, _ value: Double) {
        history.gradientNorm.append(step: step, value: value)
    }

    @inline(__always) mutating func lossScale(step: Int, _ value: Double) {
        history.lossScale.append(step: step, value: value)
    }

    /// Records the planned number of steps; the last one printed holds.
    @inline(__always) mutating func totalSteps(_ total: Int) {
        if total > 0 { history.hyperparameters.totalSteps = total }
    }

    /// Records an event at the current line and the last step.
    mutating func event(_ kind: LogEvent.Kind, step: Int? = nil, line: Int? = nil, text: String) {
        guard eventCounts[kind, default: 0] < Self.mostEvents else { return }
        let records = history.train.count
        if kind == .resumed, records > 0, history.resumeRecords.last != records {
            history.resumeRecords.append(records)
        }
        if kind == .traceback || kind == .resumed { marks.isInterrupted = true }
        eventCounts[kind, default: 0] += 1
        history.events.append(
            LogEvent(kind: kind, step: step ?? lastStep, line: line ?? self.line, text: text)
        )
    }

    /// Records what is wrong with the file itself.
    mutating func note(_ text: String) {
        if history.notes.count < 16 { history.notes.append(text) }
    }

    /// The finished history.
    func finished(_ description: LogFormatDescription, reason: String) -> TrainingHistory {
        var result = history
        result.formatReason = reason
        if description.stepBase == nil { result.stepBase = guessedBase(result.train.steps) }
        result.resumeRecords.removeAll { $0 >= result.train.count }
        result.lines = line
        result.runStarts = RunStarts.among(marks.candidates, in: result)
        for mark in marks.candidates where !result.runStarts.contains(where: { $0.records == mark.records }) {
            result.hyperparameters.fill(from: mark.banner)
        }
        result.measureOrder()
        let parameters = result.hyperparameters
        if parameters.tokensPerStep == nil, let batch = parameters.batch, let sequence = parameters.sequence,
            let accumulation = parameters.accumulation, let world = parameters.worldSize
        {
            result.hyperparameters.tokensPerStep = product([batch, sequence, accumulation, world])
        }
        return result
    }

    /// 0 when a step 0 was printed, or when lines at 49, 99, 149 show that 50 steps are numbered from 0; 1 otherwise.
    private func guessedBase(_ steps: [Int]) -> Int {
        guard let first = steps.first, let lowest = steps.min(), steps.count > 1 else {
            return steps.first == 0 ? 0 : 1
        }
        if lowest == 0 { return 0 }
        let (interval, overflow) = steps[1].subtractingReportingOverflow(first)
        guard !overflow, interval > 1, first < Int.max else { return 1 }
        return (first + 1) % interval == 0 ? 0 : 1
    }

    private func product(_ factors: [Int]) -> Int? {
        var result = 1
        for factor in factors {
            let (product, overflow) = result.multipliedReportingOverflow(by: factor)
            if overflow { return nil }
            result = product
        }
        return result
    }
}

extension ByteCursor {
    /// What follows the position.
    var rest: ByteCursor { slice(min(position, bytes.count)..<bytes.count) }

    /// The whole text without control characters, cut to a number of characters.
    func plainText(limit: Int) -> String {
        let head = UnsafeRawBufferPointer(rebasing: bytes.prefix(limit * 4))
        let text = String(decoding: head, as: UTF8.self)
        let visible = text.unicodeScalars.filter { $0.value >= 0x20 && !(0x7F...0x9F).contains($0.value) }
        var result = String(String.UnicodeScalarView(visible).prefix(limit))
        while result.first == " " { result.removeFirst() }
        return result
    }
}
