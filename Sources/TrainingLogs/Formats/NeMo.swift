import Terms

/// NeMo 2: `Training epoch E, iteration N/M | lr: X | global_step: N | reduced_train_loss: X | ... | val_loss: X`.
///
/// `iteration` starts again with each epoch, `global_step` counts from 0 through the run; the values are means since the
/// last line. `val_loss` stands on every line behind an evaluation, so only a new value is one.
struct NeMo: LineLogFormat {
    static let description = LogFormatDescription(
        id: "nemo",
        title: "NeMo 2",
        trainers: ["nemo", "nemo2", "bionemo"],
        pattern: "Training epoch E, iteration N/M | lr: X | global_step: N | reduced_train_loss: X",
        stepBase: 0,
        lossScope: .interval
    )

    private var lastValidation: Double?
    private var lastInEpoch: (epoch: Int, iteration: Int)?
    private var isPerEpoch = false

    mutating func parse(_ line: ByteCursor, into history: inout HistoryBuilder) -> Bool {
        guard var cursor = StepLine.find("poch ", in: line), let epoch = cursor.integer(),
            cursor.take(", iteration "), let iteration = cursor.integer(), cursor.take("/"),
            let last = cursor.integer()
        else { return false }
        _ = cursor.take(":")  // The first releases.
        guard cursor.take(" |") else { return false }
        cursor.position -= 2
        guard let step = value(" | global_step: ", in: cursor).flatMap({ Int(exactly: $0) }),
            let loss = value(" | reduced_train_loss: ", in: cursor) ?? value(" | loss: ", in: cursor)
        else { return false }
        plan(epoch: epoch, iteration: iteration, last: last, step: step, into: &history)
        history.train(step: step, loss: loss)
        if let rate = value(" | lr: ", in: cursor) { history.learningRate(step: step, rate) }
        if let norm = value(" | grad_norm: ", in: cursor) { history.gradientNorm(step: step, norm) }
        if let loss = value(" | val_loss: ", in: cursor), loss != lastValidation, !loss.isNaN || lastValidation == nil {
            lastValidation = loss
            history.validation(step: step, loss: loss)
        }
        return true
    }

    /// `M` is the last iteration of the run where its steps are configured, and that of an epoch where epochs are: then
    /// the planned steps are not printed.
    private mutating func plan(epoch: Int, iteration: Int, last: Int, step: Int, into history: inout HistoryBuilder) {
        if let before = lastInEpoch, epoch > before.epoch, iteration <= before.iteration { isPerEpoch = true }
        lastInEpoch = (epoch, iteration)
        isPerEpoch = isPerEpoch || step > last
        let (steps, overflow) = last.addingReportingOverflow(1)
        if isPerEpoch {
            history.history.hyperparameters.totalSteps = nil
        } else if !overflow {
            history.totalSteps(steps)
        }
    }

    private func value(_ name: StaticString, in fields: ByteCursor) -> Double? {
        var cursor = fields
        guard cursor.seek(name) else { return nil }
        return cursor.number()
    }
}
