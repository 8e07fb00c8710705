import Terms
import TrainingLogs

/// One very large gradient went into the weights unclipped.
package enum GradientClippingMissingCause: CauseRule {
    package static let kind = CauseKind.gradientClippingMissing
    package static let head = RuleHead(
        id: CauseKind.gradientClippingMissing.rawValue,
        title: "Gradient clipping missing",
        summary: "One very large gradient went into the weights unclipped.",
        references: ["loss-curve guide, pattern 3"]
    )

    package static func weigh(_ file: CaseFile) -> Weighing? {
        guard file.shows(.lossSpike, .lossStepUp, .lossDivergence, .gradientExplosion, .lossNonFinite) else {
            return nil
        }
        var weighing = Weighing(prior: -1.2)
        if let clip = file.run.configuration.gradientClip, clip > 0 {
            weighing.add(-5, "The gradient norm is clipped at \(clip).")
        } else if file.run.configuration.gradientClip == 0 {
            weighing.add(1.8, "Clipping is switched off.")
        } else {
            weighing.add(0.3, "Neither the log nor a configuration names a gradient clip.")
        }
        if let ratio = file.normRatio {
            if !ratio.isFinite {
                weighing.add(-1.5, "The gradient norm is not finite: scaling it down leaves it so.")
            } else if ratio > 4 {
                weighing.add(
                    min(2, 0.5 + ratio / 20),
                    "The gradient norm reaches \(Format.ratio(ratio)) times its usual value."
                )
            } else {
                weighing.add(-1.5, "The gradient norm stays within \(Format.ratio(ratio)) times its usual value.")
            }
        }
        if let lead = file.normLead, lead >= 1, file.normRatio?.isFinite ?? true {
            weighing.add(
                1.8,
                "The norm jumps \(Format.count(lead, "step")) before the loss, on a batch of ordinary loss: the update did the harm."
            )
        } else if file.normLead == 0, file.run.history.lossScope == .step {
            weighing.add(-0.8, "Norm and loss jump in the same step: the batch was hard before any update on it.")
        }
        if !file.isAdaptive { weighing.add(0.6, "SGD has no per-parameter scale to tame a large gradient.") }
        if file.damageForce > 0 {
            weighing.add(-1 * file.damageForce, "A shard that fed the event is damaged.")
        }
        if let jump = file.rateJump { weighing.add(-2, "The learning rate jumps at step \(jump.step).") }
        weighing.nextTest = "rerun \(file.rerunPoint) with clipping at 1.0"
        weighing.fix =
            "Clip the global gradient norm at 1.0 (torch.nn.utils.clip_grad_norm_), then \(file.resumeAdvice)."
        return weighing
    }
}
