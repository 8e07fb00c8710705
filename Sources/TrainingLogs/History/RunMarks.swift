import Terms

/// The places of a log where another run may begin, noted while it is read.
struct RunMarks {
    /// The places, rising.
    private(set) var candidates: [RunStart] = []
    /// Whether a banner, an error or a resume was printed since the last record.
    var isInterrupted = false
    /// The line being read.
    var text: ByteCursor?

    /// The step and the line of the last record, and the validations and the plan printed before it.
    private(set) var last: Int?
    private(set) var line = 0
    private(set) var validations = 0
    private(set) var plan: Int?
    /// The first and the highest step since the last candidate.
    private var first = 0
    private var highest = Int.min
    /// The ranks that printed a record since the last candidate.
    private var ranks: Set<Int> = []
    private var isOfNewRank = false

    /// A log in disorder has no more; runs are far fewer.
    private static let most = 4096

    /// Whether a record is not simply the next one.
    @inline(__always) mutating func isOfInterest(_ step: Int) -> Bool {
        if let text, text.mayHaveRank { noteRank(text) }
        guard let last else {
            first = step
            return isInterrupted
        }
        return step <= last || isInterrupted
    }

    /// Notes a record.
    @inline(__always) mutating func passed(_ step: Int, line: Int, validations: Int, plan: Int?) {
        last = step
        self.line = line
        self.validations = validations
        self.plan = plan
    }

    private mutating func noteRank(_ text: ByteCursor) {
        guard let rank = text.rank else { return }
        isOfNewRank = ranks.insert(rank).inserted && ranks.count > 1
    }

    /// Whether a record may be the first of a run: far back, and not of a rank that has printed nothing yet.
    mutating func mayBegin(step: Int) -> Bool {
        guard let last, candidates.count < Self.most else { return false }
        highest = max(highest, last)
        let isNear = step <= first || step.subtractingStep(first) <= highest.subtractingStep(first) / 2
        return isNear && !isOfNewRank && (step < last || step == last && isInterrupted)
    }

    /// Notes a candidate that begins with a step.
    mutating func add(_ start: RunStart, step: Int) {
        guard candidates.last?.records != start.records, candidates.count < Self.most else { return }
        candidates.append(start)
        first = step
        highest = step
        ranks = Set(text?.rank.map { [$0] } ?? [])
    }

    /// Moves the candidates where the training loss is that of the evaluations.
    mutating func trainIsLikeValidation() {
        for index in candidates.indices { candidates[index].records[0] = candidates[index].records[1] }
    }
}

extension HistoryBuilder {
    /// Looks at a record that is not simply the next one.
    @inline(never) mutating func noteRun(step: Int) {
        if let last = marks.last, step <= last, marks.mayBegin(step: step) {
            mark(step: step)
        }
        marks.isInterrupted = false
    }

    /// Notes that the record to come, of this step, is the first of another run.
    /// - Parameter isPlanned: Whether its lines name the planned steps.
    mutating func beginRun(step: Int, startsTrained: Bool, isPlanned: Bool) {
        mark(step: step) { start in
            start.startsTrained = startsTrained
            start.isPlanned = isPlanned
            start.isCertain = true
            start.areWeightsKnown = true
        }
    }

    /// Notes that a run may begin with the record to come, of this step.
    mutating func mark(step: Int, _ change: (inout RunStart) -> Void = { _ in }) {
        let isOfTrain = !history.train.isEmpty
        var start = RunStart(
            line: line,
            formerLine: marks.line,
            startsTrained: false,
            formerPlan: marks.plan ?? history.hyperparameters.totalSteps,
            records: TrainingHistory.columns.map { column in
                switch column {
                case \.train: history.train.count
                case \.validation: isOfTrain ? validationsBefore(step) : history.validation.count
                default: history[keyPath: column].count(withoutLastOf: step)
                }
            },
            series: history.series.counts,
            dataPositions: history.dataPositions.count
        )
        change(&start)
        marks.add(start, step: step)
    }

    /// The validations before a run: its loss before the first update may have been printed already, behind the last
    /// record of the run before.
    private func validationsBefore(_ step: Int) -> Int {
        let steps = history.validation.steps
        var count = steps.count
        while count > marks.validations, steps[count - 1] <= step,
            count == steps.count || steps[count - 1] < steps[count]
        {
            count -= 1
        }
        return count
    }
}

extension Series {
    /// The records without those of a step at the end: some trainers print a record's other fields before its loss.
    fileprivate func count(withoutLastOf step: Int) -> Int {
        var count = count
        while count > 0, steps[count - 1] == step { count -= 1 }
        return count
    }
}
