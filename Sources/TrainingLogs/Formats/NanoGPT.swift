import Terms

/// Standard output of nanoGPT `train.py`.
///
/// `iter` lines (0-based) carry the loss of one micro-batch on rank 0; `step` lines, printed before the iteration of the
/// same number, the means over the evaluation batches of both splits. A log with `step` lines only gives these as
/// its training curve.
struct NanoGPT: LineLogFormat {
    static let description = LogFormatDescription(
        id: "nanogpt",
        title: "nanoGPT",
        trainers: ["nanogpt"],
        pattern: "iter N: loss X, time T ms",
        stepBase: 0,
        lossScope: .microBatch,
        defaultClip: 1
    )

    private var evaluatedTrain = Series()

    mutating func parse(_ line: ByteCursor, into history: inout HistoryBuilder) -> Bool {
        if var cursor = StepLine.find("iter ", in: line), let step = cursor.integer() {
            guard cursor.take(": loss "), let loss = cursor.number() else { return false }
            cursor.skipUnit()
            guard cursor.take(", ") else { return false }
            history.train(step: step, loss: loss)
            return true
        }
        guard var cursor = StepLine.find("step ", in: line), let step = cursor.integer(),
            cursor.take(": train loss "), let train = cursor.number()
        else { return false }
        cursor.skipUnit()
        guard cursor.take(", val loss "), let validation = cursor.number() else { return false }
        evaluatedTrain.append(step: step, value: train)
        history.validation(step: step, loss: validation)
        return true
    }

    mutating func finish(into history: inout HistoryBuilder) {
        guard history.history.train.isEmpty else { return }
        history.history.train = evaluatedTrain
        history.marks.trainIsLikeValidation()
        history.history.lossScope = .unknown
        history.lastStep = evaluatedTrain.steps.last
    }
}

extension ByteCursor {
    /// Steps over a unit behind a number: forks print `loss 1.2345 BPC, `.
    fileprivate mutating func skipUnit() {
        var probe = self
        guard probe.take(0x20), probe.current.isLetter else { return }
        while probe.current.isLetter { probe.position += 1 }
        if probe.current == 0x2C { self = probe }
    }
}
