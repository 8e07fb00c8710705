import Terms
import TrainingLogs

extension CauseKind {
    /// See ``BatchTooSmallCause``.
    public static let batchTooSmall = CauseKind("batch-too-small")
}

/// Too few tokens per update: the gradient is mostly noise.
package enum BatchTooSmallCause: CauseRule {
    package static let kind = CauseKind.batchTooSmall
    package static let head = RuleHead(
        kind,
        title: "Batch too small",
        summary: "Too few tokens per update: the gradient is mostly noise.",
        references: ["arXiv:1812.06162", "loss-curve guide, pattern 8"]
    )
    package static let explains: Set<SymptomKind> = [.lossOscillation, .lossSpike, .lossPlateau]
    package static let isSetting = true

    private static let prior = -2.5
    // Small batches make a noisy loss first of all; spikes and plateaus have likelier causes.
    private static let priorOfOscillation = -0.5
    private static let noise = Clue<Double>(
        "noise",
        1.8,
        because: "healthy runs stay below 0.06, and few tokens per update are the usual source of noise"
    ) { "The noise from step to step is \(share: $0) of all that is learned." }
    private static let period = Clue(
        "period",
        -2.5,
        because: "chance draws of data do not repeat at a fixed distance",
        "The swings have a period; noise has none."
    )
    private static let fewTokens = Clue<Int>(
        "few-tokens",
        2,
        because: "GPT-2 uses half a million, the smallest examples of nanoGPT 768"
    ) { "An update sees \($0) tokens." }
    private static let manyTokens = Clue<Int>(
        "many-tokens",
        -1,
        because: "five times what the smallest examples of nanoGPT use"
    ) { "An update sees \($0) tokens." }
    private static let microBatch = Clue(
        "micro-batch",
        -0.7,
        because: "what is printed says little of the noise of the update",
        "The log prints one micro-batch, noisier than the update."
    )

    package static func weigh(_ known: Case) -> Weighing? {
        var weighing = Weighing(prior: known.shows(.lossOscillation) ? priorOfOscillation : prior)
        if let ratio = known.measured(LossOscillationRule.noiseRatio) { weighing.add(noise, ratio) }
        if known.measured(LossOscillationRule.period) != nil { weighing.add(period) }
        if let tokens = known.run.tokensPerStep {
            if tokens < 128 {
                weighing.add(fewTokens, tokens)
            } else if tokens > 4096 {
                weighing.add(manyTokens, tokens)
            }
        }
        if known.run.history.lossScope == .microBatch { weighing.add(microBatch) }
        return weighing
    }

    package static func nextTest(_ known: Case) -> Phrase {
        "rerun 300 steps with four times the gradient accumulation"
    }

    package static func fix(_ known: Case) -> Advice {
        guard let tokens = known.run.tokensPerStep else {
            return "Raise the batch eightfold with gradient accumulation."
        }
        let goal = max(4096, min(tokens, 1 << 40) * 8)
        return "Raise the batch from \(tokens) to \(goal) tokens with gradient accumulation."
    }
}
