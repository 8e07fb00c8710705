import TrainingLogs

/// The loader hands out the same batch again and again: it is memorised within a few dozen steps, and the next fresh batch looks like a spike.
package enum DuplicateBatchCause: CauseRule {
    package static let kind = CauseKind.duplicateBatch
    package static let head = RuleHead(
        id: CauseKind.duplicateBatch.rawValue,
        title: "Repeated batch",
        summary:
            """
            The loader hands out the same batch again and again: it is memorised within a few dozen steps, and \
            the next fresh batch looks like a spike.
            """,
        thresholds: [
            Threshold(
                "noise inside the dip over noise before",
                0.35,
                "ratio",
                source: "a fixed batch leaves only the trend"
            )
        ],
        references: ["decision tree, Q2.3"]
    )

    package static func weigh(_ file: CaseFile) -> Weighing? {
        guard file.shows(.lossDip, .lossCollapse) else { return nil }
        var weighing = Weighing(prior: -0.5)
        if let ratio = file.measured(.lossDip, "noiseRatio") {
            if ratio < 0.35 {
                weighing.add(
                    3,
                    """
                    Noise from step to step falls to \(Format.percent(ratio)) of what it was: the batch does not \
                    change.
                    """
                )
            } else if ratio > 0.8 {
                weighing.add(-1.5, "The loss inside the dip is as noisy as before: the batches differ.")
            }
        }
        if let spike = file.symptom(.lossSpike), let dip = file.symptom(.lossDip), spike.firstStep <= dip.firstStep {
            weighing.add(-1.5, "The loss jumps up before it dips: the data are new, not repeated.")
        }
        if file.shows(.lossCollapse) {
            weighing.add(-1, "The loss falls from the start of the run on.")
        }
        if file.isDataProved { weighing.add(0.8, "The shards that fed the event agree with their digests.") }
        if file.damageForce > 0 {
            weighing.add(-2 * file.damageForce, "A shard that fed the event is damaged.")
        }
        let position = "log the loader's position at every step: it must move on"
        weighing.nextTest =
            file.isTraced ? position : "`trainaudit trace --step \(file.onset.addingStep(1))`, and \(position)"
        weighing.fix = "Fix the loader so that its position advances at every step, then \(file.resumeAdvice)."
        return weighing
    }
}
