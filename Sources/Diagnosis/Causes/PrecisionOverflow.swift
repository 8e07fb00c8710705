import Terms
import TrainingLogs

extension CauseKind {
    /// See ``PrecisionOverflowCause``.
    public static let precisionOverflow = CauseKind("precision-overflow")
}

/// A value left the range of the number format: 65 504 in fp16.
package enum PrecisionOverflowCause: CauseRule {
    package static let kind = CauseKind.precisionOverflow
    package static let head = RuleHead(
        kind,
        title: "Overflow in low precision",
        summary: "A value left the range of the number format: 65 504 in fp16.",
        thresholds: [
            Threshold("largest fp16 value", 65504, "value", source: "IEEE 754 binary16")
        ],
        references: ["decision tree, section 3", "karpathy/nanoGPT#215"]
    )
    package static let explains: Set<SymptomKind> = [
        .lossNonFinite, .gradientExplosion, .gradientNonFinite, .lossScaleCollapse, .lossSpike, .lossDivergence,
    ]
    package static let isSetting = true

    private static let prior = -1.6
    private static let notFinite = Clue(
        "not-finite",
        0.8,
        because: "overflow gives infinities, but so do divergence and log(0)",
        "Values are not finite."
    )
    private static let allFinite = Clue(
        "all-finite",
        -1,
        because: "a trainer that skips such updates may hide what overflowed",
        "Every printed value is finite."
    )
    private static let halfPrecision = Clue(
        "fp16",
        2.2,
        because: "activations and scaled gradients of healthy models come near that limit",
        "The run uses fp16, which ends at 65 504."
    )
    private static let brainPrecision = Clue(
        "bf16",
        -0.8,
        because: "it overflows only after values have diverged",
        "bf16 has the range of fp32."
    )
    private static let fullPrecision = Clue(
        "fp32",
        -3,
        because: "no sound value comes near 3e38",
        "The run uses fp32."
    )
    private static let normInfinite = Clue(
        "norm-infinite-first",
        1.2,
        because: "the loss scale enlarges gradients, not the loss that is printed",
        "The gradient norm is infinite first, with a finite loss: the backward pass overflowed."
    )
    private static let scaleCollapse = Clue(
        symptom: "scale-collapse",
        2,
        because: "dynamic scaling halves the scale at every overflow"
    )
    private static let skipped = Clue<Int>(
        "updates-skipped",
        1,
        because: "trainers skip updates that overflow; now and then that is in order"
    ) { "The trainer skipped \(count: $0, "update")." }
    private static let constantScale = Clue<Double>(
        "scale-constant",
        1,
        because: "a question of the decision tree (Q3.2)"
    ) { "The loss scale is \(setting: $0) in every record: dynamic loss scaling is not engaged." }
    private static let risingScale = Clue<Double>(
        "scale-rising",
        1,
        because: "dynamic scaling halves the scale at every overflow, unless it does not notice"
    ) { "The loss scale has only ever risen, to \(rate: $0) at the onset: no overflow halves it." }
    private static let replayed = Clue<NonFiniteActivation>(
        "replayed-overflow",
        3,
        because: "the operation was caught in the act"
    ) { found in
        let layer: Phrase = found.layer.map { " of layer \($0)" } ?? ""
        return "Replayed in \(text: found.precision.rawValue), \(quoted: found.operation)\(layer) overflows."
    }
    private static let lossInfinite = Clue(
        "loss-infinite-first",
        -0.8,
        because: "the logarithm of zero is the likelier cause then",
        "The loss itself is infinite first; an overflowing backward pass would show in the norm first."
    )

    package static func weigh(_ known: Case) -> Weighing? {
        var weighing = Weighing(prior: prior)
        let isBad =
            known.shows(.lossNonFinite, .lossScaleCollapse)
            || known.shows(.gradientNonFinite)
        weighing.add(isBad ? notFinite : allFinite)
        switch known.run.configuration.precision {
        case .fp16: weighing.add(halfPrecision)
        case .bf16: weighing.add(brainPrecision)
        case .fp32: weighing.add(fullPrecision)
        case nil: break
        }
        if known.holds(GradientNonFiniteRule.firstIsInfinite) { weighing.add(normInfinite) }
        weighing.add(scaleCollapse, known.symptom(.lossScaleCollapse))
        let skips = known.run.history.events.count { $0.kind == .skippedUpdate }
        if skips > 0 { weighing.add(skipped, skips) }
        if let scale = scaleThroughout(known.run) { weighing.add(constantScale, scale) }
        if isBad, let scale = scaleNeverHalved(known) { weighing.add(risingScale, scale) }
        if let found = known.nonFiniteOperation, found.precision != .fp32 { weighing.add(replayed, found) }
        if known.holds(LossNonFiniteRule.firstIsInfinite) { weighing.add(lossInfinite) }
        return weighing
    }

    /// The loss scale at the onset, where it rose up to there and never fell: dynamic scaling halves at every overflow.
    private static func scaleNeverHalved(_ known: Case) -> Double? {
        let scales = known.run.lossScale.positive
        let end = scales.index(atOrAfter: known.onset.addingStep(known.run.interval))
        guard end >= 20, let first = scales.values.first, scales.values[end - 1] >= 4 * first,
            zip(scales.values, scales.values.dropFirst()).allSatisfy({ $1 >= $0 })
        else { return nil }
        return scales.values[end - 1]
    }

    /// The loss scale, where it never changes although values overflow (decision tree, Q3.2).
    private static func scaleThroughout(_ run: RunCurves) -> Double? {
        let scales = run.lossScale.positive
        guard run.configuration.precision != .bf16, scales.count >= 20, let first = scales.values.first,
            scales.values.allSatisfy({ $0 == first })
        else { return nil }
        return first
    }

    package static func nextTest(_ known: Case) -> Phrase {
        known.replayTest(
            known.onset,
            precision: "fp16",
            ", and again with fp32",
            otherwise: "run the trainer in fp32 from the checkpoint before step \(known.onset): nothing should overflow"
        )
    }

    package static func fix(_ known: Case) -> Advice {
        """
        Use bf16, or dynamic loss scaling that skips updates with infinite gradients; \(details(known))\
        \(known.resumeAdvice).
        """
    }

    /// What else the decision tree advises (Q1.4, Q3.4).
    private static func details(_ known: Case) -> Phrase {
        var advice = Phrase()
        if known.holds(GradientNonFiniteRule.firstIsInfinite) {
            advice = "cap single gradient values at ±100 as well as the norm; "
        }
        if known.shows(.lossScaleCollapse), let peak = known.rateInEffect, peak > 0 {
            let halved: Phrase = "halve the peak learning rate from \(rate: peak) to \(rate: peak / 2)"
            advice = "\(advice)if the scale keeps collapsing, \(halved); "
        }
        return advice
    }
}
