import Terms
import TrainingLogs

extension CauseKind {
    /// See ``GradientClippingMissingCause``.
    public static let gradientClippingMissing = CauseKind("gradient-clipping-missing")
}

/// One very large gradient went into the weights unclipped.
package enum GradientClippingMissingCause: CauseRule {
    package static let kind = CauseKind.gradientClippingMissing
    package static let head = RuleHead(
        kind,
        title: "Gradient clipping missing",
        summary: "One very large gradient went into the weights unclipped.",
        references: ["loss-curve guide, pattern 3"]
    )
    package static let explains: Set<SymptomKind> = [
        .lossSpike, .lossStepUp, .lossDivergence, .gradientExplosion, .gradientNonFinite, .lossNonFinite,
    ]
    package static let isSetting = true
    package static let opposites: [CauseKind] = [.clipThreshold]

    private static let prior = -1.2
    private static let clipped = Clue<Double>(
        "clipped",
        -5,
        because: "the configuration excludes the cause unless it is not the one that ran"
    ) { "The gradient norm is clipped at \(setting: $0)." }
    private static let switchedOff = Clue(
        "clip-off",
        1.8,
        because: "the configuration shows the gap, not that it did the harm",
        "Clipping is switched off."
    )
    private static let byDefault = Clue<Double>(
        "clip-default",
        -1.5,
        because: "defaults are seldom changed, and forks of a trainer may have dropped it"
    ) { "The trainer clips the gradient norm at \(setting: $0) unless it is configured otherwise." }
    private static let unnamed = Clue(
        "clip-unknown",
        0.3,
        because: "most trainers clip at 1.0 by default",
        "Neither the log nor a configuration names a gradient clip."
    )
    private static let normNotFinite = Clue(
        "norm-not-finite",
        -1.5,
        because: "clipping would not have helped",
        "The gradient norm is not finite: scaling it down leaves it so."
    )
    // Log-odds of a high norm: a base, one more for every 20 times the usual norm, and the most, from 30 times on.
    private static let weightOfRatio = (least: 0.5, timesPerPoint: 20.0, most: 2.0)
    private static let normHigh = Clue<Double>(
        "norm-high",
        1,
        because: "norms of healthy runs vary by a factor of two; clipping limits anything above"
    ) { "The gradient norm reaches \(ratio: $0) times its usual value." }
    private static let normUsual = Clue<Double>(
        "norm-usual",
        -1.5,
        because: "a clip at a usual threshold would hardly have acted"
    ) { "The gradient norm stays within \(ratio: $0) times its usual value." }
    private static let normLeads = Clue.normLeads(
        1.8,
        because: "a loss is computed before its update, and clipping bounds the update",
        ", on a batch of ordinary loss: the update did the harm"
    )
    private static let sameStep = Clue(
        "same-step",
        -1.3,
        because: "a loss is computed before its update",
        "Norm and loss jump in the same step: the batch was hard before any update on it."
    )
    private static let adaptive = Clue(
        "adam",
        -0.5,
        because: "one gradient moves the weights by about the learning rate, however large it is",
        "The optimizer divides each gradient by its usual size."
    )
    private static let block = Clue(
        "block",
        -1.5,
        because: "weights that an update has harmed recover step by step",
        "The loss keeps its height for several records: no single update did the harm."
    )
    private static let plainScale = Clue(
        "sgd",
        0.6,
        because: "Adam divides each gradient by its usual size, SGD applies it in full",
        "SGD has no per-parameter scale to tame a large gradient."
    )
    private static let dataDamaged = Clue.dataDamaged(
        -1,
        because: "the damage is the cause, and clipping would only have softened it"
    )
    private static let rateJumps = Clue.rateJumps(
        -2,
        because: "a jump of the rate enlarges every update, clipped or not"
    )

    package static func weigh(_ known: Case) -> Weighing? {
        var weighing = Weighing(prior: prior)
        if let clip = known.run.configuration.gradientClip, clip > 0 {
            weighing.add(clipped, clip)
        } else if known.run.configuration.gradientClip == 0 {
            weighing.add(switchedOff)
        } else if known.isAdaptive,
            let usual = LogFormats.description(of: known.run.history.format)?.defaultClip, usual > 0
        {
            // With another optimizer than the trainer's own its other defaults need not hold either.
            weighing.add(byDefault, usual)
        } else {
            weighing.add(unnamed)
        }
        if let ratio = known.normRatio {
            if !ratio.isFinite {
                weighing.add(normNotFinite)
            } else if ratio > 4 {
                let (least, timesPerPoint, most) = weightOfRatio
                weighing.add(normHigh, ratio, times: min(most, least + ratio / timesPerPoint))
            } else {
                weighing.add(normUsual, ratio)
            }
        }
        if let lead = known.normLead, lead >= 1, known.normRatio?.isFinite ?? true {
            weighing.add(normLeads, lead)
        } else if known.normLead == 0, known.run.history.lossScope == .step {
            weighing.add(sameStep)
        }
        if known.holds(LossSpikeRule.sustained) { weighing.add(block) }
        if !known.isAdaptive {
            weighing.add(plainScale)
        } else if known.run.configuration.optimizer != nil {
            weighing.add(adaptive)
        }
        if known.damageForce > 0 { weighing.add(dataDamaged, times: known.damageForce) }
        if let jump = known.rateJump { weighing.add(rateJumps, jump.step) }
        return weighing
    }

    package static func nextTest(_ known: Case) -> Phrase { "rerun \(known.rerunPoint) with clipping at 1.0" }

    package static func fix(_ known: Case) -> Advice {
        "Clip the global gradient norm at 1.0 (torch.nn.utils.clip_grad_norm_), then \(known.resumeAdvice)."
    }
}
