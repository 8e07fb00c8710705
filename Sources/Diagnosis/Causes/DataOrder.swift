import Terms
import TrainingLogs

/// The text is not shuffled: a domain, a language or a source ends and another begins.
package enum DataOrderCause: CauseRule {
    package static let kind = CauseKind.dataOrder
    package static let head = RuleHead(
        id: CauseKind.dataOrder.rawValue,
        title: "Data order",
        summary: "The text is not shuffled: a domain, a language or a source ends and another begins.",
        references: ["karpathy/build-nanogpt#52", "KellerJordan/modded-nanogpt#174"]
    )

    package static func weigh(_ file: CaseFile) -> Weighing? {
        guard file.shows(.lossStepUp, .lossOscillation, .epochJump, .lossSpike, .lossDivergence) else { return nil }
        var weighing = Weighing(prior: -1.2)
        if file.shows(.lossStepUp) { weighing.add(1, "The loss steps to a new level.") }
        if file.isPeriodAnEpoch {
            weighing.add(-1, "The swings are as long as one pass over the data: the same tokens come again.")
        } else if let period = file.measured(.lossOscillation, "period") {
            weighing.add(3, "The loss swings with a period of \(Int(step: period)) steps: the data repeat a pattern.")
        } else if file.shows(.lossOscillation) {
            weighing.add(-1.5, "The swings have no period.")
        }
        if let jump = file.symptom(.epochJump), jump.severity > .info {
            weighing.add(1.5, "The loss jumps where the data start again.")
        }
        if file.isDataProved { weighing.add(1, "The shards that fed the event agree with their digests.") }
        if file.damageForce > 0 {
            weighing.add(-2 * file.damageForce, "A shard that fed the event is damaged.")
        }
        if file.shows(.lossStepUp), let noise = file.noiseAfter {
            if noise > 0.6 {
                weighing.add(0.8, "The loss keeps its batch noise at the new level: the model works on new text.")
            } else if noise < 0.35 {
                weighing.add(
                    -1.2,
                    "The batch noise shrinks to \(Format.percent(noise)): the model no longer sees its input."
                )
            }
        }
        if let norm = file.normAfter, file.shows(.lossStepUp) {
            if norm > 0.8, norm < 2.5 {
                weighing.add(0.5, "Behind the jump the gradient norm is soon as it was.")
            } else if norm < 0.6 {
                weighing.add(-1, "The gradient norm falls to \(Format.percent(norm)).")
            }
        }
        if let kept = file.measured(.lossStepUp, "kept"), kept < 0.85 {
            weighing.add(0.8, "The loss falls again from the new level: the model learns the new text.")
        }
        if let lead = file.normLead, lead >= 1 { weighing.add(-1.5, "The gradient norm jumps before the loss.") }
        if let peak = file.measured(.lossSpike, "peakLoss"), let chance = file.run.chanceLoss, peak > chance {
            weighing.add(-1, "The loss exceeds that of guessing, which real text of another domain seldom does.")
        }
        for case .shardBoundary(let distance, let boundaries, let quiet) in file.evidence where abs(distance) <= 3 {
            let share = Double(quiet) / Double(max(1, boundaries))
            weighing.add(
                share > 0.8 ? 0.4 : 1,
                "A shard boundary is \(Format.count(distance, "step")) away; \(quiet) of \(boundaries) boundaries showed nothing."
            )
        }
        if let shift = file.contentShift {
            if shift.changes >= 3 {
                weighing.add(3, "The tokens change their kind \(shift.changes) times within 200 steps of the event.")
            } else if shift.isOther, shift.lasts {
                weighing.add(
                    3,
                    """
                    The tokens change with the loss and stay changed: \(Format.fixed(shift.event, 2)) nats from those before, where \
                    chance leaves \(Format.fixed(shift.usual, 2)).
                    """
                )
            } else if !shift.isOther {
                weighing.add(-2, "The tokens are of the same kind before and after the change.")
            } else if shift.after != nil {
                weighing.add(-1, "The tokens are soon of the same kind as before.")
            }
        }
        weighing.nextTest =
            "`trainaudit trace --step \(file.onset) --show`, and the same of a step before: read the text"
        weighing.fix =
            "Shuffle documents across sources before sharding, or let the loader permute shards and batches each epoch."
        return weighing
    }
}
