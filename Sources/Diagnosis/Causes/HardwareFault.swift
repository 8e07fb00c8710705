import TrainingLogs

/// A flipped bit in a weight, a gradient or an activation: nothing in data, schedule or precision explains the event.
package enum HardwareFaultCause: CauseRule {
    package static let kind = CauseKind.hardwareFault
    package static let head = RuleHead(
        id: CauseKind.hardwareFault.rawValue,
        title: "Hardware fault",
        summary:
            """
            A flipped bit in a weight, a gradient or an activation: nothing in data, schedule or precision \
            explains the event.
            """,
        references: ["arXiv:2604.00726", "NVIDIA Megatron-LM rerun_state_machine.py"]
    )

    package static func weigh(_ file: CaseFile) -> Weighing? {
        let leap = leap(in: file)
        guard
            file.shows(.lossStepUp, .lossSpike, .lossNonFinite, .lossDivergence, .gradientExplosion)
                || file.shows(.weightNormDrift) && leap != nil
        else { return nil }
        var weighing = Weighing(prior: -2)
        if let leap, (file.rateExcess ?? 0) < 10 {
            weighing.add(
                4,
                "The weights of \(leap.name) are beyond any training: a norm has grown more than a million times."
            )
        }
        // Norm and noise of the first hundred updates fall by themselves.
        if file.shows(.lossStepUp, .lossDivergence), file.age > 100 { weighCollapse(file, into: &weighing) }
        if file.isDataProved { weighing.add(0.7, "The shards that fed the event agree with their digests.") }
        if let shift = file.contentShift, shift.isOther || shift.changes >= 3 {
            weighing.add(shift.lasts ? -3 : -1.5, "The tokens themselves change where the loss does.")
        }
        if let damage = file.damages.first, file.damageForce > 0 {
            weighing.add(-1.5 * file.damageForce, "`\(damage.shard)` is damaged.")
        }
        if let jump = file.rateJump { weighing.add(-1.5, "The learning rate jumps at step \(jump.step).") }
        if let finite = file.measured(.lossNonFinite, "firstIsInfinite"), finite == 0, file.age > 20,
            file.run.configuration.precision == .fp32, (file.normRatio.map { $0.isFinite ? $0 : 1 } ?? 1) < 5
        {
            weighing.add(0.8, "In fp32 an ordinary step is followed by NaN, without a sign before.")
        }
        if file.rateGrowth != nil, file.age > 50 { weighing.add(-0.7, "The learning rate was still rising.") }
        file.weighReplay(into: &weighing, hard: -1.5, normal: 1)
        for case .nonFiniteWeights(_, let step, let parameter, let count) in file.evidence where count <= 4 {
            weighing.add(
                0.8,
                "Only \(Format.count(count, "value")) of `\(parameter)` \(count == 1 ? "is" : "are") not finite (checkpoint \(step))."
            )
        }
        weighing.nextTest =
            "repeat the steps before \(file.onset) on another machine: a transient fault does not come back"
        weighing.fix =
            """
            Check the checkpoints after step \(file.onset) for outlying weights, \(file.resumeAdvice), and test \
            the machine's memory.
            """
        return weighing
    }

    /// The first checkpoint with broken weights, where it lies within fifty steps of the event.
    private static func leap(in file: CaseFile) -> CheckpointFacts? {
        file.facts.damagedCheckpoints.first { checkpoint in
            checkpoint.step >= file.event.firstStep.subtractingStep(50)
                && checkpoint.step <= file.event.lastStep.addingStep(50)
                && checkpoint.weightNorms.values.allSatisfy(\.isFinite)
        }
    }

    /// A lasting step to a level at which the model no longer responds to its input.
    private static func weighCollapse(_ file: CaseFile, into weighing: inout Weighing) {
        if let norm = file.normAfter {
            if norm < 0.7 {
                weighing.add(1.8, "After the jump the gradient norm falls to \(Format.percent(norm)) of its level.")
            } else if norm > 1.5 {
                weighing.add(-0.8, "After the jump the gradient norm is \(Format.ratio(norm)) times its level.")
            }
        }
        if let kept = file.measured(.lossStepUp, "kept"), kept < 0.85 {
            weighing.add(-0.8, "The loss falls again from the new level.")
        }
        if let noise = file.noiseAfter {
            if noise < 0.5 {
                weighing.add(
                    1.2,
                    "The batch noise falls to \(Format.percent(noise)): part of the model no longer sees its input."
                )
            } else if noise > 0.8 {
                weighing.add(-0.7, "The batch noise stays as it was.")
            }
        }
        if file.normLead == nil, let ratio = file.normRatio {
            weighing.add(
                ratio < 2.5 ? 0.8 : -0.5,
                "At the jump the gradient norm is \(Format.ratio(ratio)) times its usual value."
            )
        } else if let lead = file.normLead, lead >= 1 {
            weighing.add(-1.2, "The gradient norm jumps \(Format.count(lead, "step")) before the loss.")
        }
    }
}
