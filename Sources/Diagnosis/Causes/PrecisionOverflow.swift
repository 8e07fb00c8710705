import TrainingLogs

/// A value left the range of the number format: 65 504 in fp16.
package enum PrecisionOverflowCause: CauseRule {
    package static let kind = CauseKind.precisionOverflow
    package static let head = RuleHead(
        id: CauseKind.precisionOverflow.rawValue,
        title: "Overflow in low precision",
        summary: "A value left the range of the number format: 65 504 in fp16.",
        thresholds: [
            Threshold("largest fp16 value", 65504, "value", source: "IEEE 754 binary16")
        ],
        references: ["decision tree, section 3", "karpathy/nanoGPT#215"]
    )

    package static func weigh(_ file: CaseFile) -> Weighing? {
        guard file.shows(.lossNonFinite, .gradientExplosion, .lossScaleCollapse, .lossSpike, .lossDivergence)
        else { return nil }
        var weighing = Weighing(prior: -1.6)
        let isBad =
            file.shows(.lossNonFinite, .lossScaleCollapse)
            || file.measured(.gradientExplosion, "nonFiniteRecords") != nil
        if isBad {
            weighing.add(0.8, "Values are not finite.")
        } else {
            weighing.add(-1, "Every printed value is finite.")
        }
        switch file.run.configuration.precision {
        case .fp16: weighing.add(2.2, "The run uses fp16, which ends at 65 504.")
        case .bf16: weighing.add(-0.8, "bf16 has the range of fp32.")
        case .fp32: weighing.add(-3, "The run uses fp32.")
        case nil: break
        }
        if file.measured(.gradientExplosion, "firstIsInfinite") == 1 {
            weighing.add(1.2, "The gradient norm is infinite first, with a finite loss: the backward pass overflowed.")
        }
        if file.shows(.lossScaleCollapse) { weighing.add(2, file.symptom(.lossScaleCollapse)?.summary ?? "") }
        let skipped = file.run.history.events.filter { $0.kind == .skippedUpdate }.count
        if skipped > 0 { weighing.add(1, "The trainer skipped \(Format.count(skipped, "update")).") }
        if let scale = constantScale(file) {
            weighing.add(
                1,
                "The loss scale is \(Format.decimal(scale)) in every record: dynamic loss scaling is not engaged."
            )
        }
        if isBad, let scale = risingScale(file) {
            weighing.add(
                1,
                "The loss scale has only ever risen, to \(Format.rate(scale)) at the onset: no overflow halves it."
            )
        }
        if let bad = file.nonFiniteOperation, bad.precision != "fp32" {
            weighing.add(
                3,
                "Replayed in \(bad.precision), \(bad.operation)\(bad.layer.map { " of layer \($0)" } ?? "") overflows."
            )
        }
        if file.measured(.lossNonFinite, "firstIsInfinite") == 1 {
            weighing.add(
                -0.8,
                "The loss itself is infinite first; an overflowing backward pass would show in the norm first."
            )
        }
        weighing.nextTest = file.replayTest(
            file.onset,
            options: " --precision fp16",
            ", and again with fp32",
            otherwise: "run the trainer from the checkpoint before step \(file.onset) in fp32: no value should overflow"
        )
        weighing.fix =
            "Use bf16, or dynamic loss scaling that skips updates with infinite gradients; \(details(file))\(file.resumeAdvice)."
        return weighing
    }

    /// What else the decision tree advises (Q1.4, Q3.4).
    private static func details(_ file: CaseFile) -> String {
        var text = ""
        if file.measured(.gradientExplosion, "firstIsInfinite") == 1 {
            text += "cap single gradient values at ±100 beside the norm; "
        }
        if file.shows(.lossScaleCollapse), let peak = file.rateInEffect, peak > 0 {
            text += "if the scale keeps collapsing, halve the peak learning rate from \(Format.rate(peak)) to "
            text += "\(Format.rate(peak / 2)); "
        }
        return text
    }

    /// The loss scale at the onset, where it rose up to there and never fell: dynamic scaling halves at every overflow.
    private static func risingScale(_ file: CaseFile) -> Double? {
        let scales = file.run.lossScale.positive
        let end = scales.index(atOrAfter: file.onset.addingStep(file.run.interval))
        guard end >= 20, let first = scales.values.first, scales.values[end - 1] >= 4 * first,
            zip(scales.values, scales.values.dropFirst()).allSatisfy({ $1 >= $0 })
        else { return nil }
        return scales.values[end - 1]
    }

    /// The loss scale, where it never changes although values overflow (decision tree, Q3.2).
    private static func constantScale(_ file: CaseFile) -> Double? {
        let scales = file.run.lossScale.positive
        guard file.run.configuration.precision != .bf16, scales.count >= 20, let first = scales.values.first,
            scales.values.allSatisfy({ $0 == first })
        else { return nil }
        return first
    }
}
