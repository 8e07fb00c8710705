import Terms

/// DETR's `MetricLogger` and its copies (DeiT, MAE, BLIP, LLaMA-Adapter): `Epoch: [E]  [i/N]  eta: T  lr: X  loss: X (Y)  time: T`.
///
/// For each number the median of a window stands before the mean of the epoch. Where no `loss` is printed, the language model's
/// part of it has a name of its own. Iterations are counted from 0 in each epoch; the step in the run counts those before.
struct MetricLogger: LineLogFormat {
    static let description = LogFormatDescription(
        id: "metric-logger",
        title: "MetricLogger",
        trainers: ["metric-logger", "deit", "mae", "llama-adapter", "blip"],
        pattern: "Epoch: [E]  [i/N]  eta: T  lr: X  loss: X (Y)",
        stepBase: 0,
        lossScope: .interval
    )

    /// Names of the language model's loss, best first.
    private static let names: [StaticString] = [
        "loss: ", "total_loss: ", "loss_total: ", "lm_loss: ", "loss_lm: ", "closs: ", "c_loss: ", "loss_mlm: ",
        "mlm_loss: ",
        "loss_ce: ", "ce_loss: ", "loss_cap: ", "caption_loss: ", "train_loss: ", "loss_gen: ",
    ]

    mutating func parse(_ line: ByteCursor, into history: inout HistoryBuilder) -> Bool {
        var cursor = line
        guard cursor.seek("poch: ["), let epoch = cursor.integer(), cursor.take(0x5D) else { return false }
        cursor.skipSpaces()
        guard cursor.take(0x5B) else { return false }
        cursor.skipSpaces()
        guard let iteration = cursor.integer(), cursor.take(0x2F), let total = cursor.integer(), cursor.take(0x5D)
        else { return false }
        let fields = cursor.rest
        guard let loss = Self.names.lazy.compactMap({ Self.value($0, in: fields) }).first else { return false }
        let step = max(epoch, 0).multipliedReportingOverflow(by: total).partialValue &+ iteration
        history.train(step: step, loss: loss)
        if let rate = Self.value("lr: ", in: fields) { history.learningRate(step: step, rate) }
        if let norm = Self.value("grad_norm: ", in: fields) { history.gradientNorm(step: step, norm) }
        return true
    }

    /// The number behind a name that no longer name ends in.
    private static func value(_ name: StaticString, in text: ByteCursor) -> Double? {
        var cursor = text
        while cursor.seek(name) {
            let before = cursor.peek(-name.utf8CodeUnitCount - 1)
            if before == 0x20 || before == 0 { return cursor.number() }
        }
        return nil
    }
}
