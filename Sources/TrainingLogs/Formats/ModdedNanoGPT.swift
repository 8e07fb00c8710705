import Terms

/// Standard output and `logs/<id>.txt` of modded-nanogpt and of its descendants (parameter-golf).
///
/// Fields are `key:value`; training steps are 1-based, validation counts the updates done. The file begins with the whole
/// source of the trainer, templates of these lines included: digits must follow `step:`. Since 2025 the training
/// lines carry no loss.
struct ModdedNanoGPT: LineLogFormat {
    static let description = LogFormatDescription(
        id: "modded-nanogpt",
        title: "modded-nanogpt",
        trainers: ["modded-nanogpt", "parameter-golf"],
        pattern: "step:N/M train_loss:X train_time:T step_avg:T",
        stepBase: 1,
        lossScope: .microBatch,
        defaultClip: 0
    )

    mutating func parse(_ line: ByteCursor, into history: inout HistoryBuilder) -> Bool {
        guard var cursor = StepLine.find("step:", in: line), let step = cursor.integer(), cursor.take("/"),
            let total = cursor.integer(), cursor.take(" ")
        else { return false }
        if cursor.current == 0x5B {  // a phase tag: "[CE]"
            guard cursor.seek("] ") else { return false }
        }
        if cursor.take("train_loss:") || cursor.take("loss:") {
            guard let loss = cursor.number() else { return false }
            history.train(step: step, loss: loss)
        } else if cursor.take("val_loss:") {
            guard let loss = cursor.number() else { return false }
            history.validation(step: step, loss: loss)
            // Only the descendants print bits per byte; their loss is a mean over micro-batches of one rank.
            if cursor.sees(" val_bpb:") { history.history.lossScope = .unknown }
        } else {
            guard cursor.take("train_time:") else { return false }
            history.lastStep = step
        }
        history.totalSteps(total)
        return true
    }
}
