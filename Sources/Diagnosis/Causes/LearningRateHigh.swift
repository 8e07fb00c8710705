import Terms
import TrainingLogs

extension CauseKind {
    /// See ``LearningRateHighCause``.
    public static let learningRateHigh = CauseKind("learning-rate-high")
}

/// Updates overshoot: the loss jumps, climbs, or sticks far above what the model could learn.
package enum LearningRateHighCause: CauseRule {
    package static let kind = CauseKind.learningRateHigh
    package static let head = RuleHead(
        kind,
        title: "Learning rate too high",
        summary: "Updates overshoot: the loss jumps, climbs, or sticks far above what the model could learn.",
        thresholds: [
            Threshold(
                "peak rate with Adam",
                0.003,
                "rate",
                source: "twice to five times what GPT-3 uses at its smallest size (6e-4)"
            ),
            Threshold("peak rate with SGD", 0.3, "rate", source: "common with momentum 0.9"),
        ],
        references: ["arXiv:2005.14165 table 2.1", "loss-curve skill: reduce by 2 to 10"]
    )
    package static let explains: Set<SymptomKind> = [
        .lossSpike, .lossDivergence, .slowRise, .lossPlateau, .lossNonFinite, .lossOscillation, .lossStepUp,
        .gradientExplosion, .gradientNonFinite,
    ]
    package static let isSetting = true
    package static let opposites: [CauseKind] = [.learningRateLow]

    private static let prior = -0.8
    private static let rising = Clue(
        "loss-rises",
        0.9,
        because: "the most common cause of a rising loss, but not the only one",
        "A rising loss most often means too high a learning rate."
    )
    private static let plainDescent = Clue<Phrase>(
        "rate-of-plain-sgd",
        1.2,
        because: "far too high for Adam, but which optimizer it was is only assumed"
    ) { rate in
        """
        The rate of \(rate) is far above any in use with Adam; no optimizer is named, and only plain SGD takes such \
        rates.
        """
    }
    /// Times the highest rate in use, above which a rate counts as too high.
    private static let limitOfUse = 1.5
    // Log-odds just above the limit, their growth with the root of what is above it, and the most, from 7.75 times on.
    private static let weightOfExcess = (least: 1.2, slope: 0.8, most: 3.2)
    private static let aboveUse = Clue<(rate: Phrase, excess: Double, optimizer: Phrase)>(
        "rate-above-use",
        1,
        because: "a small model may train at one and a half times as much, none at eight times"
    ) { "The rate of \($0.rate) is \(ratio: $0.excess) times the highest in use with \($0.optimizer)." }
    private static let moderate = Clue<(rate: Phrase, optimizer: Phrase)>(
        "rate-moderate",
        -1.2,
        because: "recipes train well at such a rate, though not every model does"
    ) { "The peak rate of \($0.rate) is moderate for \($0.optimizer)." }
    private static let stillRising = Clue<Double>(
        "rate-still-rises",
        1.2,
        because: "a rate that keeps growing exceeds sooner or later what the model can take"
    ) { "The learning rate still rises, by a factor of \(ratio: $0) since half the way to the event." }
    private static let warmupGoesOn = Clue(
        "warmup-goes-on",
        -2.5,
        because: "then the warm-up is what to fix, and the peak may be right",
        "The rate is too high only because its warm-up does not end."
    )
    private static let stuckEarly = Clue<Int>(
        "stuck-early",
        0.6,
        because: "a model that is too small or data that are used up stop the loss later"
    ) { "The loss falls fast to step \($0) and then hardly moves: each update undoes the last." }
    private static let earlyBump = Clue<Int>(
        "early-bump",
        0.8,
        because: "updates overshot before the event, too"
    ) { "The loss already shot above its starting value at step \($0)." }
    private static let normLeads = Clue.normLeads(
        0.8,
        because: "a loss is computed before its update",
        ": an update did the harm"
    )
    private static let sameStep = Clue(
        "same-step",
        -0.8,
        because: "a loss is computed before its update",
        "Norm and loss jump in the same step: the batch was hard before any update on it."
    )
    private static let recovered = Clue(
        "recovered",
        -0.6,
        because: "a rate that is too high would do it again",
        "The loss comes back at the same learning rate."
    )
    private static let calm = Clue(
        "calm-after-jump",
        -0.8,
        because: "updates that overshoot make the loss swing",
        "After the jump the loss is calm; overshooting would be noisy."
    )
    private static let stillFalling = Clue(
        "still-falling",
        -1,
        because: "updates that overshoot raise the loss before they make it infinite",
        "The loss was still falling when it became non-finite."
    )
    private static let normRises = Clue<Int>(
        "norm-rises",
        0.8,
        because: "the last question of the decision tree (Q4.4)"
    ) { "The gradient norm rises with the loss from step \($0) on, as it does where updates overshoot." }
    private static let normFlat = Clue(
        "norm-flat",
        -0.5,
        because: "the last question of the decision tree (Q4.4); many norms are noisy",
        "The gradient norm does not rise with the loss."
    )
    private static let dataDamaged = Clue.dataDamaged(-1.5, because: "damage explains a jump at any learning rate")
    private static let tokensChange = Clue.tokensChange(
        -2,
        because: "text of another kind has another loss at any learning rate"
    )
    private static let tokensChangeBriefly = Clue.tokensChange(
        -1,
        because: "the text is of its old kind soon, and what lasts is not explained by it"
    )
    private static let rateJumps = Clue<Int>(
        "rate-jumps",
        -0.8,
        because: "the schedule is what to fix, though the rate that it jumps to is too high"
    ) { "The rate itself jumps at step \($0): the schedule is at fault." }
    private static let hardBatch = Clue.hardBatch(-1, because: "the batch is hard without any update")
    private static let ordinaryBatch = Clue.ordinaryBatch(
        0.7,
        because: "with the batch excluded the updates remain, whose size is one cause of several"
    )

    package static func weigh(_ known: Case) -> Weighing? {
        var weighing = Weighing(prior: prior)
        if known.shows(.lossDivergence, .slowRise) { weighing.add(rising) }
        weighRate(known, into: &weighing)
        if let reached = known.symptom(.lossPlateau)?.firstStep, reached < 60 { weighing.add(stuckEarly, reached) }
        weighCurve(known, into: &weighing)
        weighTrend(known, into: &weighing)
        if known.damageForce > 0 { weighing.add(dataDamaged, times: known.damageForce) }
        if let shift = known.contentShift, shift.isOther || shift.changes >= 3 {
            weighing.add(shift.lasts || shift.changes >= 3 ? tokensChange : tokensChangeBriefly)
        }
        if let jump = known.rateJump { weighing.add(rateJumps, jump.step) }
        known.weighReplay(into: &weighing, hard: hardBatch, ordinary: ordinaryBatch)
        return weighing
    }

    private static func weighRate(_ known: Case, into weighing: inout Weighing) {
        if let excess = known.rateExcess {
            let optimizer: Phrase = known.isAdaptive ? "Adam" : "SGD"
            if known.isRateOfPlainDescent {
                weighing.add(plainDescent, known.rateText)
            } else if excess > limitOfUse {
                let (least, slope, most) = weightOfExcess
                let weight = min(most, least + slope * (excess - limitOfUse).squareRoot())
                weighing.add(aboveUse, (known.rateText, excess, optimizer), times: weight)
            } else if excess < 0.34 {
                weighing.add(moderate, (known.rateText, optimizer))
            }
        }
        if let growth = known.rateGrowth, known.climax > known.run.history.stepBase + 50 {
            weighing.add(stillRising, growth)
            if known.isRateLinear, known.climaxProgress > 0.15 { weighing.add(warmupGoesOn) }
        }
    }

    private static func weighCurve(_ known: Case, into weighing: inout Weighing) {
        if let step = EarlyBump.step(in: known.run) { weighing.add(earlyBump, step) }
        if let lead = known.normLead, lead >= 1 {
            weighing.add(normLeads, lead)
        } else if known.shows(.lossSpike), known.normLead == 0, known.run.history.lossScope == .step {
            weighing.add(sameStep)
        }
        if known.holds(LossSpikeRule.recovered) { weighing.add(recovered) }
        if known.shows(.lossStepUp), let noise = known.noiseAfter, noise < 0.35 { weighing.add(calm) }
        if let last = known.measured(LossNonFiniteRule.lastFiniteLoss), let initial = known.run.initialLoss,
            last < initial, !known.shows(.lossSpike, .lossDivergence)
        {
            weighing.add(stillFalling)
        }
    }

    /// Weighs whether the gradient norm rises with the loss.
    private static func weighTrend(_ known: Case, into weighing: inout Weighing) {
        guard known.shows(.slowRise, .lossDivergence) else { return }
        let begin = known.measured(SlowRiseRule.lowestStep) ?? known.onset
        let norms = known.run.gradientNorm.finite
        let index = norms.index(atOrAfter: begin)
        guard norms.count - index >= 60 else { return }
        let tail = Series(steps: Array(norms.steps[index...]), values: Array(norms.values[index...]))
        let tau = Trend.kendall(Blocks(tail, count: 12, least: 5).medians)
        if tau >= 0.6 {
            weighing.add(normRises, begin)
        } else if tau <= 0 {
            weighing.add(normFlat)
        }
    }

    package static func nextTest(_ known: Case) -> Phrase {
        let rate: Phrase = known.isRateMisapplied ? "the configured" : "half the"
        return "rerun 200 steps \(known.rerunPoint) with \(rate) learning rate"
    }

    package static func fix(_ known: Case) -> Advice {
        let action: Phrase = "\(known.loweredRate); \(known.clipAdvice); \(known.resumeAdvice)."
        return Advice(action.capitalizedFirst)
    }
}
