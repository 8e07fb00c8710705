import Terms

/// Standard output of litgpt and lit-gpt: `Epoch E | iter N step M | loss train: X, val: X | iter time: T ms`, of 2023
/// `iter N step M: loss X, iter time: Tms`.
///
/// `iter` counts the micro-batches of a device, `step` the updates done; the micro-batch that makes one full is marked
/// `(step)` or `(optimizer.step)`. The step here is the update that a micro-batch belongs to. The loss is a running mean
/// over the micro-batches of the update, before March 2024 that of one micro-batch.
struct LitGPT: LineLogFormat {
    static let description = LogFormatDescription(
        id: "litgpt",
        title: "litgpt",
        trainers: ["litgpt", "lit-gpt"],
        pattern: "iter N step M ... loss X ... iter time: T",
        stepBase: 1,
        lossScope: .interval,
        defaultClip: 1
    )

    /// The micro-batch and the step of the last update that was marked, and the micro-batches between two of them.
    private var lastUpdate: (iteration: Int, step: Int)?
    private var accumulation: Int?

    mutating func parse(_ line: ByteCursor, into history: inout HistoryBuilder) -> Bool {
        guard var cursor = StepLine.find("iter ", in: line) ?? StepLine.find("step ", in: line),
            let iteration = cursor.integer()
        else { return false }
        if cursor.take(": val loss ") {
            // Until 2024 fine-tuning called the micro-batch the step here.
            guard let loss = cursor.number(), cursor.take(", val time") else { return false }
            history.validation(step: lastUpdate?.step ?? history.lastStep ?? iteration, loss: loss)
            return true
        }
        total(&cursor)
        guard cursor.take(" step ") || cursor.take(" | step ") || cursor.take(" | stEp "),
            let step = cursor.integer()
        else { return false }
        total(&cursor)
        guard cursor.take(": loss ") || cursor.take(" | loss ") else { return false }
        let isMean = cursor.take("train")
        if isMean {
            _ = cursor.take(" (curr)")
            _ = cursor.take(":")
            cursor.skipSpaces()
        }
        guard let loss = cursor.number(), cursor.take(",") || cursor.take(" |") else { return false }
        if !isMean { history.history.lossScope = .microBatch }
        if cursor.take(" LR: "), let rate = cursor.number() { history.learningRate(step: step, rate) }
        // Where a mark may follow, only the whole line shows whether there is one.
        guard cursor.seek("iter time: "), cursor.number() != nil, !history.isLineOpen || isMarked(cursor) else {
            return false
        }
        if isMarked(cursor) {
            noteUpdate(iteration: iteration, step: step)
            history.train(step: step, loss: loss)
        } else {
            history.train(step: lastUpdate != nil || step == 0 ? step &+ 1 : step, loss: loss)
        }
        history.hasMicroBatches = true
        return true
    }

    mutating func finish(into history: inout HistoryBuilder) {
        if let accumulation, history.history.hyperparameters.accumulation == nil {
            history.geometry(.accumulation, accumulation, .computed)
        }
    }

    private func isMarked(_ fields: ByteCursor) -> Bool {
        var cursor = fields
        return cursor.seek("step)")
    }

    private mutating func noteUpdate(iteration: Int, step: Int) {
        if let last = lastUpdate {
            let (iterations, steps) = (iteration &- last.iteration, step &- last.step)
            if iterations > 0, steps > 0, iterations % steps == 0 { accumulation = iterations / steps }
        }
        lastUpdate = (iteration, step)
    }

    /// Forks print what is planned behind the number: `iter 5/100 step 3/50: `.
    private func total(_ cursor: inout ByteCursor) {
        var probe = cursor
        if probe.take("/"), probe.integer() != nil { cursor = probe }
    }
}
