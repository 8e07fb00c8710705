import Terms
import TrainingLogs

extension CauseKind {
    /// See ``DuplicateBatchCause``.
    public static let duplicateBatch = CauseKind("duplicate-batch")
}

/// The loader hands out the same batch again and again: it is memorised within a few dozen steps, and the next fresh batch
/// looks like a spike.
package enum DuplicateBatchCause: CauseRule {
    private static let fixedBatch = Threshold(
        "noise inside the dip over noise before",
        0.35,
        "ratio",
        source: "a fixed batch leaves only the trend"
    )

    package static let kind = CauseKind.duplicateBatch
    package static let head = RuleHead(
        kind,
        title: "Repeated batch",
        summary:
            """
            The loader hands out the same batch again and again: it is memorised within a few dozen steps, and \
            the next fresh batch looks like a spike.
            """,
        thresholds: [fixedBatch],
        references: ["decision tree, Q2.3"]
    )
    package static let explains: Set<SymptomKind> = [.lossDip, .lossCollapse, .lossRepeats]

    private static let prior = -0.5
    private static let noiseFalls = Clue<Double>(
        "noise-falls",
        3,
        because: "the loss of changing batches always varies; of one batch only the trend is left"
    ) { "Noise from step to step falls to \(share: $0) of what it was: the batch does not change." }
    private static let noiseStays = Clue(
        "noise-stays",
        -1.5,
        because: "a short cycle of several batches would keep some of the noise",
        "The loss inside the dip is as noisy as before: the batches differ."
    )
    private static let risesFirst = Clue(
        "rises-first",
        -1.5,
        because: "a batch that comes again costs less from its second time on, never more",
        "The loss jumps up before it dips: the data are new, not repeated."
    )
    private static let fromStart = Clue(
        "from-start",
        -1,
        because: "targets that the inputs contain do the same and are more common",
        "The loss falls from the start of the run on."
    )
    private static let cycles = Clue.readsAgain(
        3,
        because: "the distance is that of few batches, and the log repeats them again and again"
    )
    /// Batches of a cycle; passes are longer.
    private static let mostBatches = 64
    private static let dataProved = Clue.dataProved(
        0.8,
        because: "zeros in a damaged shard make the loss dip as well, and are excluded"
    )
    private static let dataDamaged = Clue.dataDamaged(
        -2,
        because: "a constant in place of text makes the loss dip as well"
    )

    /// A stretch that goes through the same few batches again and again.
    private static func cycle(_ known: Case) -> RepeatedStretch? {
        guard let stretch = known.repeatedStretch, stretch.lag < mostBatches * known.run.interval else { return nil }
        let length = stretch.steps.upperBound.subtractingStep(stretch.steps.lowerBound)
        return length >= 2 * stretch.lag ? stretch : nil
    }

    package static func weigh(_ known: Case) -> Weighing? {
        let cycle = cycle(known)
        guard known.shows(.lossDip, .lossCollapse) || cycle != nil else { return nil }
        var weighing = Weighing(prior: prior)
        if let ratio = known.measured(LossDipRule.noiseRatio) {
            if ratio < fixedBatch.value {
                weighing.add(noiseFalls, ratio)
            } else if ratio > 0.8 {
                weighing.add(noiseStays)
            }
        }
        if let spike = known.symptom(.lossSpike), let dip = known.symptom(.lossDip), spike.firstStep <= dip.firstStep {
            weighing.add(risesFirst)
        }
        if known.shows(.lossCollapse) { weighing.add(fromStart) }
        if let cycle { weighing.add(cycles, cycle) }
        if known.isDataProved { weighing.add(dataProved) }
        if known.damageForce > 0 { weighing.add(dataDamaged, times: known.damageForce) }
        return weighing
    }

    package static func nextTest(_ known: Case) -> Phrase {
        let position: Phrase = "log the loader's position at every step: it must move on"
        return known.isTraced ? position : "\(.trace(step: known.onset.addingStep(1))), and \(position)"
    }

    package static func fix(_ known: Case) -> Advice {
        "Fix the loader so that its position advances at every step, then \(known.resumeAdvice)."
    }
}
