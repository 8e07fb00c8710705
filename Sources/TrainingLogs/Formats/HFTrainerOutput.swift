/// Standard output of the Hugging Face Trainer: one Python dictionary a line, often glued behind a tqdm bar.
///
/// The dictionaries carry no step (rarely they do); see ``positions(count:)`` for where it is taken from. The loss is the
/// mean since the last line; a NaN may have been replaced by 0.0, which a gradient norm of NaN gives away.
struct HFTrainerOutput: LineLogFormat {
    static let description = LogFormatDescription(
        id: "hf-trainer",
        title: "Hugging Face Trainer output",
        trainers: ["hf-trainer", "huggingface", "transformers", "trl"],
        pattern: "{'loss': X, 'grad_norm': X, 'learning_rate': X, 'epoch': E}",
        stepBase: 1,
        lossScope: .interval
    )

    private var choice = MetricChoice()
    private var bar: (step: Int, total: Int)?
    /// The bar's step at each training record; nil where there was none.
    private var barSteps: [Int?] = []
    private var hasOwnSteps = false
    private var isComplete = false

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
            if record.isSummary { isComplete = true }
            guard record.hasLoss else { return false }
            if record.hasTrainingLoss { barSteps.append(bar?.step) }
            if record.hasOwnStep { hasOwnSteps = true }
            let step = record.hasOwnStep ? record.printedStep : barSteps.count
            return record.write(step: step ?? barSteps.count, into: &history, choice: &choice)
        }
        return false
    }

    mutating func finish(into history: inout HistoryBuilder) {
        guard !hasOwnSteps else { return }
        let positions = positions(count: barSteps.count)
        func moved(_ series: Series) -> Series {
            Series(steps: series.steps.map { positions[min($0, positions.count - 1)] }, values: series.values)
        }
        history.history.train = moved(history.history.train)
        history.history.validation = moved(history.history.validation)
        history.history.learningRate = moved(history.history.learningRate)
        history.history.gradientNorm = moved(history.history.gradientNorm)
        for index in history.history.events.indices where history.history.events[index].kind == .hiddenNonFinite {
            let ordinal = history.history.events[index].step ?? 0
            history.history.events[index].step = positions[min(max(ordinal, 0), positions.count - 1)]
        }
    }

    /// The step of the n-th training record, n from 0 (before the first) on.
    ///
    /// It is the position of the progress bar, where that rises from record to record. A buffered standard output
    /// arrives long after the bar; then, in a complete run, the records are spread evenly over its steps. Else they
    /// are numbered from 1.
    private func positions(count: Int) -> [Int] {
        let bars = barSteps.compactMap { $0 }
        if bars.count == count, zip(bars, bars.dropFirst()).allSatisfy({ $0 < $1 }) { return [0] + bars }
        var interval = 1
        if isComplete, let total = bar?.total, count > 0 { interval = max(total / count, 1) }
        return (0...count).map { $0.multipliedReportingOverflow(by: interval).partialValue }
    }

    /// `  3%|▎         | 30/1000 [00:10<05:10, 3.1it/s]`, with no words before the percentage: the trainer's own bar.
    private mutating func noteBar(_ line: ByteCursor, into history: inout HistoryBuilder) {
        var cursor = line
        cursor.skipSpaces()
        guard cursor.current.isDigit, cursor.integer() != nil, cursor.take("%|"), cursor.seek("| "),
            let step = cursor.integer(), cursor.take("/"), let total = cursor.integer(), cursor.take(" [")
        else { return }
        // An evaluation draws a bar of its own, as a rule a shorter one.
        if let known = bar, known.total > total { return }
        bar = (step, total)
        history.lastStep = step
        history.totalSteps(total)
    }
}
