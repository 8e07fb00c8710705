import Terms

/// Standard output of the Hugging Face Trainer: one Python dictionary a line, often glued behind a tqdm bar.
///
/// The dictionaries carry no step (rarely they do); see ``positions(of:bars:)`` for where it is taken from. The loss is the
/// mean since the last line; a NaN may have been replaced by 0.0, which a gradient norm of NaN gives away.
struct HFTrainerOutput: LineLogFormat {
    static let description = LogFormatDescription(
        id: "hf-trainer",
        title: "Hugging Face Trainer output",
        trainers: ["hf-trainer", "huggingface", "transformers", "trl"],
        pattern: "{'loss': X, 'grad_norm': X, 'learning_rate': X, 'epoch': E}",
        stepBase: 1,
        lossScope: .interval,
        defaultClip: 1
    )

    private var choice = MetricChoice()
    private var bar: (step: Int, total: Int)?
    /// Another bar was drawn before the one that is followed came to its end.
    private var hasInnerBar = false
    /// The bar's step at each training record; nil where there was none.
    private var barSteps: [Int?] = []
    private var hasOwnSteps = false
    private var lastEpoch = -Double.infinity
    private var firstEpoch = Double.infinity

    /// One training in a log that may hold several.
    private struct Run {
        /// Training records before it.
        var start: Int
        /// Steps of its progress bar.
        var total: Int?
        /// Its closing summary was printed.
        var isComplete = false
    }
    private var runs = [Run(start: 0)]

    mutating func parse(_ line: ByteCursor, into history: inout HistoryBuilder) -> Bool {
        noteBar(line, into: &history)
        var cursor = line
        var attempts = 0
        while attempts < 16, cursor.seek("{'") {
            attempts += 1
            cursor.position -= 2
            var scanner = MappingScanner(cursor)
            var record = MetricRecord()
            guard scanner.record(into: &record) else {
                cursor.position += 2
                continue
            }
            if record.isSummary { runs[runs.count - 1].isComplete = true }
            guard record.hasLoss else { return false }
            if record.hasTrainingLoss {
                noteEpoch(record.epoch, into: &history)
                barSteps.append(bar?.step)
            }
            if record.hasOwnStep { hasOwnSteps = true }
            let step = record.hasOwnStep ? record.printedStep : barSteps.count
            return record.write(step: step ?? barSteps.count, into: &history, choice: &choice)
        }
        return false
    }

    mutating func finish(into history: inout HistoryBuilder) {
        guard !hasOwnSteps else { return }
        var positions = [0]
        var isNumbered = false
        for (index, run) in runs.enumerated() {
            let end = index + 1 < runs.count ? runs[index + 1].start : barSteps.count
            let found = Self.positions(of: run, bars: barSteps[run.start..<end])
            positions += found ?? (run.start..<end).map { $0 - run.start + 1 }
            isNumbered = isNumbered || found == nil
        }
        if isNumbered, !barSteps.isEmpty { history.noteNumbering() }
        func moved(_ series: Series) -> Series {
            Series(steps: series.steps.map { positions[min($0, positions.count - 1)] }, values: series.values)
        }
        history.history.train = moved(history.history.train)
        history.history.validation = moved(history.history.validation)
        history.history.learningRate = moved(history.history.learningRate)
        history.history.gradientNorm = moved(history.history.gradientNorm)
        history.history.series = history.history.series.movingSteps { positions[min(max($0, 0), positions.count - 1)] }
        for index in history.history.events.indices where history.history.events[index].kind == .hiddenNonFinite {
            let ordinal = history.history.events[index].step ?? 0
            history.history.events[index].step = positions[min(max(ordinal, 0), positions.count - 1)]
        }
    }

    /// An epoch that falls behind a closing summary, with the progress bar, or to the first quarter of those
    /// that were done belongs to another run: a resume seldom loses as much.
    private mutating func noteEpoch(_ epoch: Double?, into history: inout HistoryBuilder) {
        guard let epoch else { return }
        var barWentBack = false
        if let now = bar?.step, let before = barSteps.last ?? nil { barWentBack = now < before }
        if epoch < lastEpoch, runs[runs.count - 1].isComplete || barWentBack || epoch <= max(firstEpoch, lastEpoch / 4)
        {
            runs.append(Run(start: barSteps.count, total: bar?.total))
            history.mark(step: barSteps.count + 1)
            firstEpoch = epoch
        }
        firstEpoch = min(firstEpoch, epoch)
        lastEpoch = epoch
    }

    /// The steps of the training records of one run.
    ///
    /// They are the positions of the progress bar, where that rises from record to record. A buffered standard output
    /// arrives long after the bar; then, in a complete run, the records are spread evenly over its steps. Else nothing is
    /// known of them.
    private static func positions(of run: Run, bars: ArraySlice<Int?>) -> [Int]? {
        let known = bars.compactMap { $0 }
        if known.count == bars.count, zip(known, known.dropFirst()).allSatisfy({ $0 < $1 }) { return known }
        guard run.isComplete, let total = run.total, !bars.isEmpty else { return nil }
        let interval = max(total / bars.count, 1)
        return bars.indices.map { ($0 - run.start + 1).multipliedReportingOverflow(by: interval).partialValue }
    }

    /// `  3%|▎         | 30/1000 [00:10<05:10, 3.1it/s]`, with no words before the percentage: the trainer's own bar.
    private mutating func noteBar(_ line: ByteCursor, into history: inout HistoryBuilder) {
        var cursor = line
        cursor.skipSpaces()
        guard cursor.current.isDigit, cursor.integer() != nil, cursor.take("%|"), cursor.seek("| "),
            let step = cursor.integer(), cursor.take("/"), let total = cursor.integer(), cursor.take(" [")
        else { return }
        if let known = bar, known.total > total, !runs[runs.count - 1].isComplete {
            // An evaluation draws a bar of its own inside the trainer's, as a rule a shorter one. A bar that came to its end
            // before anything was trained, with no other inside, is of the data set.
            guard known.step == known.total, barSteps.isEmpty, !hasInnerBar else {
                hasInnerBar = hasInnerBar || known.step < known.total
                return
            }
        }
        bar = (step, total)
        // Behind the closing summary it may be the bar of another run, or of a last evaluation.
        if runs[runs.count - 1].isComplete { return }
        runs[runs.count - 1].total = total
        history.lastStep = step
        history.totalSteps(total)
    }
}
