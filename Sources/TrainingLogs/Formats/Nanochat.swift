import Terms

/// Standard output of nanochat `scripts/base_train.py`, `mid_train.py` and `chat_sft.py`.
///
/// The step is 0-based; the loss is a bias-corrected moving average (0.9) of the last micro-batch on rank 0, so one NaN
/// stays for ever; `lrm` is the multiplier of the learning rates. Validation is in bits per byte.
///
/// `mid_train.py`, and `chat_sft.py` since 2026, name no planned steps: behind pretraining their lines are another stage.
///
/// Older `chat_sft.py` prints `Step N/M | Training loss: X| lrm: X` and `Step N | Validation loss: X`, `chat_rl.py` `Step
/// N/M | ... | loss: X`: one micro-batch and nats. In a log that also holds pretraining these are other quantities on
/// the same step numbers; they are left out, with a note.
struct Nanochat: LineLogFormat {
    static let description = LogFormatDescription(
        id: "nanochat",
        title: "nanochat",
        trainers: ["nanochat"],
        pattern: "step N/M (P%) | loss: X | lrm: X | dt: ...",
        stepBase: 0,
        lossScope: .movingAverage
    )

    /// Whether the lines are of pretraining, which alone names the planned steps.
    private var isPlanned = false
    /// Whether the lines are of a stage behind pretraining.
    private var isBehind = false
    private var tuning = (train: Series(), validation: Series(), multiplier: Series())

    mutating func parse(_ line: ByteCursor, into history: inout HistoryBuilder) -> Bool {
        if var cursor = StepLine.find("step ", in: line) {
            guard let step = cursor.integer() else { return false }
            if cursor.take(" | Validation bpb: "), let loss = cursor.number() {
                return bitsPerByte(loss, step: step, into: &history)
            }
            let total = cursor.take("/") ? cursor.integer() : nil
            guard cursor.take(" (") else { return false }
            guard cursor.seek("%) | loss: "), let loss = cursor.number() else { return false }
            // Only pretraining names its planned steps. Behind others a planned line is pretraining once more, from fresh
            // weights where it begins anew, and an unplanned one with a step that goes back is another stage.
            let isBack = history.lastStep.map { step < $0 } ?? false
            if let total {
                if isBehind { history.beginRun(step: step, startsTrained: step > 1, isPlanned: true) }
                (isPlanned, isBehind) = (true, false)
                history.totalSteps(total)
            } else if isBack, isPlanned || isBehind && step <= 1 {
                history.beginRun(step: step, startsTrained: true, isPlanned: false)
                (isPlanned, isBehind) = (false, true)
            }
            history.train(step: step, loss: loss)
            if cursor.take(" | grad norm: "), let norm = cursor.number() { history.gradientNorm(step: step, norm) }
            if cursor.seek("| lrm: "), let multiplier = cursor.number() {
                history.history.learningRateIsMultiplier = true
                history.learningRate(step: step, multiplier)
            }
            readPosition(cursor, step: step, into: &history)
            return true
        }
        guard var cursor = StepLine.find("Step ", in: line), let step = cursor.integer() else { return false }
        guard cursor.take(" | Validation bpb: "), let loss = cursor.number() else {
            return parseTuning(cursor, step: step)
        }
        return bitsPerByte(loss, step: step, into: &history)
    }

    private func bitsPerByte(_ loss: Double, step: Int, into history: inout HistoryBuilder) -> Bool {
        history.history.validationUnit = .bitsPerByte
        history.validation(step: step, loss: loss)
        return true
    }

    mutating func finish(into history: inout HistoryBuilder) {
        guard !tuning.train.isEmpty || !tuning.validation.isEmpty else { return }
        guard history.history.train.isEmpty, history.history.validation.isEmpty else {
            // A log may be cut behind the first validation.
            let records =
                tuning.train.isEmpty
                ? Self.count(tuning.validation.count, "validation") : Self.count(tuning.train.count, "training")
            let loss = tuning.train.isEmpty ? "" : "its loss is of one micro-batch, and "
            history.note(
                "a fine-tuning part was left out (\(records)): \(loss)its steps are numbered anew; give that part as a file "
                    + "of its own"
            )
            return
        }
        history.history.train = tuning.train
        history.history.validation = tuning.validation
        history.history.learningRate = tuning.multiplier
        history.history.learningRateIsMultiplier = !tuning.multiplier.isEmpty
        history.history.lossScope = .microBatch
        history.lastStep = tuning.train.steps.last
    }

    private static func count(_ number: Int, _ kind: String) -> String {
        "\(number) \(kind) \(number == 1 ? "record" : "records")"
    }

    private mutating func parseTuning(_ fields: ByteCursor, step: Int) -> Bool {
        var cursor = fields
        if cursor.take(" | Validation loss: "), let loss = cursor.number() {
            tuning.validation.append(step: step, value: loss)
            return true
        }
        guard cursor.take("/"), cursor.integer() != nil else { return false }
        let isTuning = cursor.take(" | Training loss: ")
        guard isTuning || cursor.seek(" | loss: "), let loss = cursor.number() else { return false }
        tuning.train.append(step: step, value: loss)
        if isTuning, cursor.take("| lrm: ") || cursor.take(" | lrm: "), let multiplier = cursor.number() {
            tuning.multiplier.append(step: step, value: multiplier)
        }
        return true
    }

    /// `| epoch: 1 pq: 3 rg: 41 |`, printed since 2026-01-13.
    private func readPosition(_ line: ByteCursor, step: Int, into history: inout HistoryBuilder) {
        var cursor = line
        guard cursor.seek("| epoch: "), let epoch = cursor.integer(), cursor.take(" pq: "), let file = cursor.integer(),
            cursor.take(" rg: "), let rowGroup = cursor.integer()
        else { return }
        history.history.dataPositions.append(
            DataPosition(step: step, epoch: epoch, file: file, rowGroup: rowGroup)
        )
    }
}
