import Terms
import TrainingLogs

/// The shards are as published, but one batch holds unusual text: tables, code, one character repeated, another language.
package enum OutlierBatchCause: CauseRule {
    package static let kind = CauseKind.outlierBatch
    package static let head = RuleHead(
        id: CauseKind.outlierBatch.rawValue,
        title: "Outlier batch",
        summary:
            """
            The shards are as published, but one batch holds unusual text: tables, code, one character repeated, \
            another language.
            """,
        references: [
            "arXiv:2501.00656: repeated n-grams", "KellerJordan/modded-nanogpt: the same steps are hard in every run",
        ]
    )

    package static func weigh(_ file: CaseFile) -> Weighing? {
        guard file.shows(.lossSpike, .gradientExplosion) else { return nil }
        var weighing = Weighing(prior: -0.6)
        if let records = file.measured(.lossSpike, "records") {
            if records <= 3 {
                weighing.add(
                    0.8,
                    "The spike lasts \(Format.count(Int(step: records), "record")), as one hard batch does."
                )
            } else if records > 8 {
                weighing.add(
                    -0.8,
                    "The spike lasts \(Format.count(Int(step: records), "record")), longer than one batch."
                )
            }
        }
        if let first = file.run.printed.values.first, !first.isFinite {
            weighing.add(-2.5, "The loss is not finite from the first record on, whatever the batch.")
        }
        if file.measured(.lossSpike, "scattered") == 1 {
            weighing.add(-0.8, "Hard batches are far rarer in the rest of the log.")
        }
        if file.isDataProved {
            weighing.add(
                0.7,
                "The shards that fed the event agree with their digests, so the text is what was published."
            )
        }
        if file.damageForce > 0 {
            weighing.add(-2.5 * file.damageForce, "A shard that fed the event is damaged.")
        }
        if let lead = file.normLead, lead >= 1, file.run.history.lossScope == .step {
            weighing.add(-1.2, "The gradient norm jumps before the loss: the batch of the loss spike is not to blame.")
        }
        if file.measured(.lossSpike, "recovered") == 0 {
            weighing.add(-0.7, "The loss does not come back, which one batch rarely does.")
        }
        if let jump = file.rateJump { weighing.add(-1.5, "The learning rate jumps at step \(jump.step).") }
        if file.shows(.lossStepUp, .lossDivergence) {
            weighing.add(-2.5, "The loss stays at a new level, which no one batch explains.")
        }
        if let shift = file.contentShift {
            if shift.isOther, shift.lasts {
                weighing.add(-2.5, "The tokens stay of another kind long after the spike: that is no single batch.")
            } else if shift.isOther, file.damages.isEmpty {
                weighing.add(
                    1.2,
                    "The event's tokens are \(Format.fixed(shift.event, 2)) nats from those before; those after it are not."
                )
            } else if !shift.isOther {
                weighing.add(-0.7, "The event's tokens are of the same kind as those before.")
            }
        }
        file.weighReplay(into: &weighing, hard: 2, normal: -2)
        weighing.nextTest = file.replayTest(
            file.onset,
            otherwise: "`trainaudit trace --step \(file.onset) --show`: read the text of the batch"
        )
        weighing.fix =
            """
            Skip \(skipped(file)), or \(file.clipAdvice); \(file.resumeAdvice) only if the loss stays high. In the next run \
            stratify batches, so that rare documents do not come together.
            """
        return weighing
    }

    /// The steps of the spike; the first twenty where it lasts longer than a batch can be blamed for.
    private static func skipped(_ file: CaseFile) -> String {
        let spike = file.symptom(.lossSpike) ?? file.symptom(.gradientExplosion)
        let first = spike?.firstStep ?? file.onset
        let last = max(first, spike?.lastStep ?? first)
        if last == first { return "step \(first)" }
        let most = first.addingStep(19)
        return last <= most ? "steps \(first)–\(last)" : "the first steps, \(first)–\(most)"
    }
}
