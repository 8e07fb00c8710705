import Terms
import TrainingLogs

/// Settings that are far from what has ever trained well, as configured.
package enum SettingsInRange {
    /// Times the highest usual rate from which on a rate is remarked on.
    package static let rateExcess = Threshold(
        "configured peak rate over the highest usual one",
        4,
        "ratio",
        source: "recipes for AdamW use 6e-4 to 3e-3, small models up to 6e-3"
    )
    /// Below this share of the usual, the rate is remarked on.
    package static let rateShare = Threshold(
        "configured peak rate",
        1e-5,
        "rate",
        source: "a sixtieth of GPT-3's rate at its smallest size; fine-tuning uses 2e-5"
    )
    /// Steps over which weight decay forgets a weight.
    package static let decayTime = Threshold(
        "1 / (peak rate x weight decay)",
        200,
        "steps",
        source: "AdamW forgets a weight over so many steps (arXiv:2405.13698); recipes keep it above a thousand"
    )
    /// Share of the run spent on warm-up.
    package static let warmupShare = Threshold(
        "configured warm-up",
        0.3,
        "share of the run",
        source: "recipes warm up over 0.1 to 10 %"
    )

    /// Passes over the data from which on another one adds little.
    package static let passes = Threshold(
        "passes over the training tokens",
        4,
        "passes",
        source: "repeated tokens are nearly as good as new ones up to four passes (arXiv:2305.16264)"
    )

    /// Tokens of an update.
    package static let leastTokens = Threshold(
        "tokens of an update",
        64,
        "tokens",
        source: "GPT-2 uses half a million; the smallest examples of nanoGPT 768"
    )

    package static func remarks(_ history: TrainingHistory, _ configuration: TrainingConfiguration) -> [Remark] {
        [
            batch(configuration), rate(history, configuration), decay(configuration), warmup(configuration),
            clip(configuration), epochs(history, configuration),
        ]
        .compactMap { $0 }
    }

    private static func batch(_ configuration: TrainingConfiguration) -> Remark? {
        guard configuration.order.batch != nil, let tokens = configuration.tokensPerStep, tokens > 0,
            Double(tokens) <= leastTokens.value
        else { return nil }
        return Remark(
            .setting(key: "batch"),
            title: "An update sees only \(count: tokens, "token")",
            severity: .warning,
            cause: .batchTooSmall,
            confidence: 0.8,
            evidence: ["An update sees \(count: tokens, "token"): its gradient is mostly noise."],
            nextTest: "rerun 300 steps with four times the gradient accumulation",
            fix: "Raise the batch from \(tokens) to 4096 tokens or more with gradient accumulation."
        )
    }

    /// Whether the log begins where guessing costs as much: a model that is not fine-tuned.
    private static func isFresh(_ history: TrainingHistory, _ configuration: TrainingConfiguration) -> Bool {
        guard let vocabulary = configuration.vocabulary ?? history.hyperparameters.vocabulary, vocabulary > 1,
            let first = history.train.values.first(where: \.isFinite)
        else { return false }
        return first > 0.85 * Double(vocabulary).logarithm
    }

    /// How often the run has read its data.
    private static func epochs(_ history: TrainingHistory, _ configuration: TrainingConfiguration) -> Remark? {
        let tokens = configuration.trainTokens ?? history.hyperparameters.trainTokens
        let perStep = configuration.tokensPerStep ?? history.hyperparameters.tokensPerStep
        guard let tokens, let perStep, tokens > 0, perStep > 0, let last = history.train.steps.max() else { return nil }
        let done = Double(last.subtractingStep(history.stepBase)) + 1
        let count = done * Double(perStep) / Double(tokens)
        guard count > passes.value else { return nil }
        let most = Int(step: passes.value * Double(tokens) / Double(perStep))
        return Remark(
            .setting(key: "epochs"),
            title: "The run reads its training tokens \(ratio: count) times",
            severity: .warning,
            cause: .dataExhaustion,
            confidence: 0.8,
            evidence: [
                """
                \(tokens) training tokens are read \(ratio: count) times in \(count: Int(step: done), "step") of \
                \(perStep); beyond four passes repeated tokens add little.
                """
            ],
            nextTest: "compare training with validation loss from step \(most) on, the end of the fourth pass",
            fix: "Add shards, or stop after step \(most), four passes over the data."
        )
    }

    private static func rate(_ history: TrainingHistory, _ configuration: TrainingConfiguration) -> Remark? {
        guard let peak = configuration.peakLearningRate, let name = configuration.optimizer?.lowercased(), peak > 0
        else { return nil }
        guard name.contains("adam") else { return nil }
        let usual = 3e-3
        if peak > rateExcess.value * usual {
            let hasWarmup = configuration.warmupSteps.map { $0 > 2 } ?? true
            return Remark(
                .setting(key: "peakLearningRate"),
                title: "The peak learning rate is \(ratio: peak / usual) times the highest in use",
                severity: .warning,
                cause: .learningRateHigh,
                confidence: hasWarmup ? 0.85 : 0.7,
                evidence: [
                    """
                    \(quoted: "training.peakLearningRate") is \(rate: peak); recipes for \(text: name) stay below \
                    \(rate: usual).
                    """
                ] + (hasWarmup ? [] : ["There is no warm-up to it."]),
                nextTest: "rerun 200 steps from the beginning with \(rate: usual / 3) and compare the loss",
                fix: "Reduce the peak learning rate from \(rate: peak) to \(rate: usual / 3)."
            )
        }
        if peak < rateShare.value {
            return Remark(
                .setting(key: "peakLearningRate"),
                title: "The peak learning rate is very low",
                severity: isFresh(history, configuration) ? .warning : .info,
                cause: .learningRateLow,
                evidence: ["\(quoted: "training.peakLearningRate") is \(rate: peak); pretraining uses 1e-4 and more."],
                nextTest: "rerun 200 steps from the beginning with ten times the rate",
                fix: "Raise the peak learning rate from \(rate: peak) to \(rate: 6e-4)."
            )
        }
        return nil
    }

    private static func decay(_ configuration: TrainingConfiguration) -> Remark? {
        guard let decay = configuration.weightDecay, let peak = configuration.peakLearningRate, decay > 0.3, peak > 0,
            configuration.optimizer?.lowercased().contains("adam") ?? false
        else { return nil }
        let time = 1 / (peak * decay)
        guard time < decayTime.value else { return nil }
        return Remark(
            .setting(key: "weightDecay"),
            title: "Weight decay forgets within \(count: Int(step: time.rounded()), "step")",
            severity: .warning,
            cause: .weightDecay,
            confidence: 0.85,
            evidence: [
                """
                A weight decay of \(setting: decay) at a rate of \(rate: peak) shrinks a weight by \
                \(share: peak * decay) a step: what is learned is gone after \(count: Int(step: time.rounded()), "step").
                """
            ],
            nextTest: "log the norm of each parameter group: a factor of two in 200 steps is too much",
            fix: "Set weight decay from \(setting: decay) to 0.1, on matrices only."
        )
    }

    private static func warmup(_ configuration: TrainingConfiguration) -> Remark? {
        guard let warmup = configuration.warmupSteps, let steps = configuration.steps, steps >= 100,
            Double(warmup) > warmupShare.value * Double(steps)
        else { return nil }
        return Remark(
            .setting(key: "warmupSteps"),
            title: "Warm-up takes \(share: Double(warmup) / Double(steps)) of the run",
            severity: .info,
            cause: .warmupEndless,
            evidence: [
                "\(quoted: "training.warmupSteps") is \(warmup) of \(steps) steps; recipes warm up over 0.1 to 10 %."
            ],
            nextTest: "\(.plot) and look at the learning rate",
            fix: "End the warm-up after \(max(1, steps / 50)) steps."
        )
    }

    private static func clip(_ configuration: TrainingConfiguration) -> Remark? {
        guard let clip = configuration.gradientClip, clip > 100 else { return nil }
        return Remark(
            .setting(key: "gradientClip"),
            title: "A gradient clip of \(setting: clip) clips nothing",
            severity: .info,
            cause: .clipThreshold,
            evidence: ["\(quoted: "training.gradientClip") is \(setting: clip); healthy norms are 0.1 to 10."],
            nextTest: "compare the clip with the median gradient norm of a healthy stretch",
            fix: "Lower the clip from \(setting: clip) to 1."
        )
    }
}
