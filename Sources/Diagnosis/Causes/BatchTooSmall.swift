import Terms
import TrainingLogs

/// Too few tokens per update: the gradient is mostly noise.
package enum BatchTooSmallCause: CauseRule {
    package static let kind = CauseKind.batchTooSmall
    package static let head = RuleHead(
        id: CauseKind.batchTooSmall.rawValue,
        title: "Batch too small",
        summary: "Too few tokens per update: the gradient is mostly noise.",
        references: ["arXiv:1812.06162", "loss-curve guide, pattern 8"]
    )

    package static func weigh(_ file: CaseFile) -> Weighing? {
        guard file.shows(.lossOscillation, .lossSpike, .lossPlateau) else { return nil }
        var weighing = Weighing(prior: file.shows(.lossOscillation) ? -0.5 : -2.5)
        if let ratio = file.measured(.lossOscillation, "noiseRatio") {
            weighing.add(1.8, "The noise from step to step is \(Format.percent(ratio)) of all that is learned.")
        }
        if file.measured(.lossOscillation, "period") != nil {
            weighing.add(-2.5, "The swings have a period; noise has none.")
        }
        if let tokens = file.run.tokensPerStep {
            if tokens < 128 {
                weighing.add(2, "An update sees \(tokens) tokens.")
            } else if tokens > 4096 {
                weighing.add(-1, "An update sees \(tokens) tokens.")
            }
        }
        if file.run.history.lossScope == .microBatch {
            weighing.add(-0.7, "The log prints one micro-batch, noisier than the update.")
        }
        weighing.nextTest = "rerun 300 steps with four times the gradient accumulation"
        let now =
            file.run.tokensPerStep.map { "from \($0) to \(max(4096, min($0, 1 << 40) * 8)) tokens" } ?? "eightfold"
        weighing.fix = "Raise the batch \(now) with gradient accumulation."
        return weighing
    }
}
