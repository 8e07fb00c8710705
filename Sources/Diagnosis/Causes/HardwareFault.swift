import Terms
import TrainingLogs

extension CauseKind {
    /// See ``HardwareFaultCause``.
    public static let hardwareFault = CauseKind("hardware-fault")
}

/// A flipped bit in a weight, a gradient or an activation: nothing in data, schedule or precision explains the event.
package enum HardwareFaultCause: CauseRule {
    package static let kind = CauseKind.hardwareFault
    package static let head = RuleHead(
        kind,
        title: "Hardware fault",
        summary:
            """
            A flipped bit in a weight, a gradient or an activation: nothing in data, schedule or precision \
            explains the event.
            """,
        references: ["arXiv:2604.00726", "NVIDIA Megatron-LM rerun_state_machine.py"]
    )
    package static let explains: Set<SymptomKind> = [
        .lossStepUp, .lossSpike, .lossNonFinite, .lossDivergence, .gradientExplosion, .gradientNonFinite,
        .weightNormDrift,
    ]

    // It is a diagnosis by exclusion, and rare per device.
    private static let prior = -2.0
    private static let weightsLeap = Clue<String>(
        "weights-leap",
        4,
        because: "no sequence of updates makes a norm grow so far within one interval of checkpoints"
    ) { "The weights of \(quoted: $0) are beyond any training: a norm has grown more than a million times." }
    private static let dataProved = Clue.dataProved(0.7, because: "one of the other suspects is excluded")
    private static let tokensChange = Clue.tokensChange(
        -1.5,
        because: "other text alone can raise the loss for a while"
    )
    private static let tokensChangeForGood = Clue.tokensChange(
        -3,
        because: "other text that stays explains a loss that stays high"
    )
    private static let shardDamaged = Clue<String>(
        "shard-damaged",
        -1.5,
        because: "damaged data explain the event without a fault of the machine"
    ) { "\(quoted: $0) is damaged." }
    private static let rateJumps = Clue.rateJumps(-1.5, because: "a jump of the rate explains the event")
    private static let suddenNaN = Clue(
        "sudden-nan",
        0.8,
        because: "fp32 does not overflow in an ordinary step, but log(0) gives the same picture",
        "In fp32 an ordinary step is followed by NaN, without a sign before."
    )
    private static let rateRises = Clue(
        "rate-rises",
        -0.7,
        because: "a rate that is still rising may have become too high just then",
        "The learning rate was still rising."
    )
    private static let hardBatch = Clue.hardBatch(-1.5, because: "the batch explains the loss without a fault")
    private static let ordinaryBatch = Clue.ordinaryBatch(
        1,
        because: "a transient fault does not repeat when the batch is replayed"
    )
    private static let fewValues = Clue<(parameter: String, count: Int, step: Int)>(
        "few-values",
        0.8,
        because: "a flipped bit hits single values, arithmetic that overflows hits many"
    ) { found in
        """
        Only \(count: found.count, "value") of \(quoted: found.parameter) \(found.count == 1 ? "is" : "are") not finite \
        (checkpoint \(found.step)).
        """
    }
    private static let normFalls = Clue<Double>(
        "norm-falls",
        1.8,
        because: "part of the model is cut off from the loss: training does not do that in one step"
    ) { "After the jump the gradient norm falls to \(share: $0) of its level." }
    private static let normRises = Clue<Double>(
        "norm-rises",
        -0.8,
        because: "weights that were thrown far by an update have large gradients"
    ) { "After the jump the gradient norm is \(ratio: $0) times its level." }
    private static let fallsAgain = Clue(
        "falls-again",
        -0.8,
        because: "a broken weight that stays broken holds the loss up",
        "The loss falls again from the new level."
    )
    private static let noiseFalls = Clue<Double>(
        "noise-falls",
        1.2,
        because: "a model that ignores part of its input costs about the same for every batch"
    ) { "The batch noise falls to \(share: $0): part of the model no longer sees its input." }
    private static let noiseStays = Clue(
        "noise-stays",
        -0.7,
        because: "the whole model still responds to its input",
        "The batch noise stays as it was."
    )
    private static let normQuiet = Clue<Double>(
        "norm-quiet",
        0.8,
        because: "a flipped weight is in no gradient, a harmful update is",
        sentence: normText
    )
    private static let normLoud = Clue<Double>(
        "norm-loud",
        -0.5,
        because: "a large gradient at the jump points to an update or a batch",
        sentence: normText
    )
    private static let normLeads = Clue.normLeads(-1.2, because: "the updates before the jump did the harm", "")

    package static func weigh(_ known: Case) -> Weighing? {
        let leap = leap(in: known)
        // Weights that drift are a fault's work only where they leap.
        guard
            leap != nil
                || known.shows(
                    .lossStepUp,
                    .lossSpike,
                    .lossNonFinite,
                    .lossDivergence,
                    .gradientExplosion,
                    .gradientNonFinite
                )
        else { return nil }
        var weighing = Weighing(prior: prior)
        if let leap, (known.rateExcess ?? 0) < 10 { weighing.add(weightsLeap, leap.name) }
        // Norm and noise of the first hundred updates fall by themselves.
        if known.shows(.lossStepUp, .lossDivergence), known.age > 100 { weighCollapse(known, into: &weighing) }
        if known.isDataProved { weighing.add(dataProved) }
        if let shift = known.contentShift, shift.isOther || shift.changes >= 3 {
            weighing.add(shift.lasts ? tokensChangeForGood : tokensChange)
        }
        if let damage = known.damages.first, known.damageForce > 0 {
            weighing.add(shardDamaged, damage.shard, times: known.damageForce)
        }
        if let jump = known.rateJump { weighing.add(rateJumps, jump.step) }
        if known.measured(LossNonFiniteRule.firstIsInfinite) == false, known.age > 20,
            known.run.configuration.precision == .fp32, (known.normRatio.map { $0.isFinite ? $0 : 1 } ?? 1) < 5
        {
            weighing.add(suddenNaN)
        }
        if known.rateGrowth != nil, known.age > 50 { weighing.add(rateRises) }
        known.weighReplay(into: &weighing, hard: hardBatch, ordinary: ordinaryBatch)
        for case .nonFiniteWeights(_, let step, let parameter, let count) in known.evidence where count <= 4 {
            weighing.add(fewValues, (parameter, count, step))
        }
        return weighing
    }

    package static func nextTest(_ known: Case) -> Phrase {
        "repeat the steps before \(known.onset) on another machine: a transient fault does not come back"
    }

    package static func fix(_ known: Case) -> Advice {
        """
        Check the checkpoints after step \(known.onset) for outlying weights, \(known.resumeAdvice), and test \
        the machine's memory.
        """
    }

    /// The first checkpoint with broken weights, where it lies within fifty steps of the event.
    private static func leap(in known: Case) -> CheckpointFacts? {
        known.facts.damagedCheckpoints.first { checkpoint in
            checkpoint.step >= known.event.firstStep.subtractingStep(50)
                && checkpoint.step <= known.event.lastStep.addingStep(50)
                && checkpoint.weightNorms.values.allSatisfy(\.isFinite)
        }
    }

    /// A lasting step to a level at which the model no longer responds to its input.
    private static func weighCollapse(_ known: Case, into weighing: inout Weighing) {
        if let norm = known.normAfter {
            if norm < 0.7 {
                weighing.add(normFalls, norm)
            } else if norm > 1.5 {
                weighing.add(normRises, norm)
            }
        }
        if let kept = known.measured(LossStepUpRule.kept), kept < 0.85 { weighing.add(fallsAgain) }
        if let noise = known.noiseAfter {
            if noise < 0.5 {
                weighing.add(noiseFalls, noise)
            } else if noise > 0.8 {
                weighing.add(noiseStays)
            }
        }
        if known.normLead == nil, let ratio = known.normRatio {
            weighing.add(ratio < 2.5 ? normQuiet : normLoud, ratio)
        } else if let lead = known.normLead, lead >= 1 {
            weighing.add(normLeads, lead)
        }
    }

    private static func normText(_ ratio: Double) -> Phrase {
        "At the jump the gradient norm is \(ratio: ratio) times its usual value."
    }
}
