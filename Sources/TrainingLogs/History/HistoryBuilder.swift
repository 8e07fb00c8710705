import Terms

/// A history while its log is read.
struct HistoryBuilder {
    /// What was read so far.
    var history: TrainingHistory
    /// The 1-based line being read.
    var line = 0
    /// The line being read is the last one and has no line end: fields that stand behind its last byte may be missing.
    var isLineOpen = false
    /// A record is one micro-batch, and several of one step may follow each other.
    var hasMicroBatches = false
    /// The step last printed.
    var lastStep: Int?
    /// Whether the lines that follow are the Hugging Face Trainer's of a training, and not of an evaluation.
    var isTrainingBanner = false
    /// Validation losses printed without a step that wait for the next training line.
    private var waitingValidation: [Double] = []
    /// Whether the format names its series itself, so that no other reader looks for them.
    var hasNamedSeries = false
    private var seriesPlaces: [UInt64: Int] = [:]
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

    /// A builder at the same place that has read nothing.
    var emptied: HistoryBuilder {
        var result = self
        let (format, stepBase, lossScope) = (history.format, history.stepBase, history.lossScope)
        result.history = TrainingHistory(format: format, stepBase: stepBase, lossScope: lossScope)
        // Places are of the series of the history that is gone.
        result.seriesPlaces = [:]
        return result
    }

    /// The number of values read.
    var values: Int {
        history.train.count + history.validation.count + history.learningRate.count + history.gradientNorm.count
            + history.lossScale.count + waitingValidation.count
    }

    /// Records a training loss.
    @inline(__always) mutating func train(step: Int, loss: Double) {
        if !waitingValidation.isEmpty { flushValidation(before: step) }
        if marks.isOfInterest(step) { noteRun(step: step) }
        history.train.append(step: step, value: loss)
        lastStep = step
        marks.passed(
            step,
            line: line,
            validations: history.validation.count,
            plan: history.hyperparameters.totalSteps
        )
    }

    mutating func validation(step: Int, loss: Double) {
        // Where no training loss is printed, the validations show the runs.
        if history.train.isEmpty {
            if marks.isOfInterest(step) { noteRun(step: step) }
            marks.passed(step, line: line, validations: 0, plan: history.hyperparameters.totalSteps)
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

    /// Records a value of another series, in the unit of its kind.
    mutating func series(_ name: SeriesName, step: Int, value: Double) {
        history.series.append(name, step: step, value: value)
    }

    /// Records a value of the series whose name in the log has a hash, so that it is looked up once only.
    mutating func series(_ name: SeriesName, hash: UInt64, step: Int, value: Double) {
        if let place = seriesPlaces[hash] {
            history.series.append(place, step: step, value: value)
        } else if let place = history.series.place(of: name) {
            seriesPlaces[hash] = place
            history.series.append(place, step: step, value: value)
        }
    }

    /// Records a value under the name that a trainer or a tracker gives it, where that name is known.
    /// - Returns: whether it is.
    @discardableResult
    mutating func series(named name: String, step: Int, value: Double) -> Bool {
        guard let known = SeriesName.named(name) else { return false }
        series(known.series, step: step, value: value * known.scale)
        return true
    }

    /// Records the planned number of steps; the last one printed holds.
    @inline(__always) mutating func totalSteps(_ total: Int) {
        if total > 0 { history.hyperparameters.totalSteps = total }
    }

    /// Records a number of the geometry; which one holds is decided at the end of the log.
    mutating func geometry(_ quantity: Quantity, _ value: Int?, _ authority: SettingsLedger.Authority) {
        history.ledger.add(quantity, value, authority, line: line, records: history.train.count)
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

    /// Records that the log prints no steps, and that its records were numbered instead.
    mutating func noteNumbering() {
        note("the log prints no steps: its training records are numbered from 1, and steps are these numbers")
    }

    /// Records printed so far: what an error must be followed by to have been caught.
    var records: Int { history.train.count + history.validation.count + waitingValidation.count }

    /// Records how the log ends, among the other events in the order of lines.
    mutating func endings(_ endings: [LogEvent], survived: Int) {
        if survived > 0, let first = endings.first(where: { $0.ending?.role == .survived }) {
            let count = survived == 1 ? "one error is" : "\(survived) errors are"
            note(
                "\(count) printed behind which the run went on, first in line \(first.line): \(first.text.prefix(120))"
            )
        }
        guard !endings.isEmpty else { return }
        history.events.append(contentsOf: endings)
        let ordered = history.events.enumerated().sorted {
            ($0.element.line, $0.offset) < ($1.element.line, $1.offset)
        }
        history.events = ordered.map(\.element)
    }

    /// Records what is wrong with the file itself.
    mutating func note(_ text: String) {
        if history.notes.count < 16 { history.notes.append(text) }
    }

    /// Records how many lines look like records and were not read.
    mutating func noteUnread(_ counter: UnreadCounter) {
        guard let unread = counter.result(records: history.train.count) else { return }
        history.unread = unread
        note(unread.note)
    }

    /// The finished history.
    func finished(_ description: LogFormatDescription, reason: String) -> TrainingHistory {
        var result = history
        result.formatReason = reason
        result.series.settle()
        if let note = result.series.note { result.notes.append(note) }
        if description.stepBase == nil { result.stepBase = guessedBase(result.train.steps) }
        result.hasMicroBatches = hasMicroBatches
        result.resumeRecords.removeAll { $0 >= result.train.count }
        result.lines = line
        result.runStarts = RunStarts.among(marks.candidates, in: result)
        result.measureOrder()
        result.resolveGeometry()
        result.fillFromSettings()
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
