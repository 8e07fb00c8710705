import Terms
import TrainingLogs

extension CauseKind {
    /// See ``DuplicateShardCause``.
    public static let duplicateShard = CauseKind("duplicate-shard")
}

/// Two shards of the list hold the same tokens.
package enum DuplicateShardCause: CauseRule {
    package static let kind = CauseKind.duplicateShard
    package static let head = RuleHead(
        kind,
        title: "Duplicate shard",
        summary:
            "Two shards of the list hold the same tokens. Short runs show nothing; longer ones dip when the copy comes."
    )
    package static let explains: Set<SymptomKind> = [.lossDip, .epochJump, .overfitting, .lossRepeats]

    // Rare, and a log holds only weak evidence of it: equal digests settle it.
    private static let prior = -2.2
    private static let noiseStays = Clue(
        "noise-stays",
        1,
        because: "other causes of such a dip, such as easier text, leave as much noise",
        "The dip is as noisy as the curve before: the batches differ, and the model knows all of them."
    )
    private static let fallsAtBoundary = Clue(
        "falls-at-boundary",
        0.8,
        because: "where a pass begins again the copy may come too",
        "The loss falls at a boundary of the data."
    )
    private static let readsAgain = Clue.readsAgain(
        4.5,
        because: "only the same batches leave the same noise; a loader that goes back does it without a copy"
    )
    private static let anotherPass = Clue.anotherPass(
        -1.5,
        because: "a pass in the same order repeats everything without a copy"
    )
    private static let startsOver = Clue.startsOver(
        -2,
        because: "a loader that starts over at a resume repeats its data without a copy"
    )
    private static let dataDamaged = Clue(
        "data-damaged",
        -1,
        because: "the damage explains the dip, but does not exclude a copy",
        "A damaged shard explains more."
    )

    package static func weigh(_ known: Case) -> Weighing? {
        guard known.shows(anyOf: explains, repeatedExactly: false) else { return nil }
        var weighing = Weighing(prior: prior)
        if let ratio = known.measured(LossDipRule.noiseRatio), ratio > 0.8 { weighing.add(noiseStays) }
        if known.symptom(.epochJump)?.severity == .info { weighing.add(fallsAtBoundary) }
        if let stretch = known.repeatedStretch { weigh(stretch, known, into: &weighing) }
        if known.damageForce > 0, known.repeatedStretch == nil { weighing.add(dataDamaged, times: known.damageForce) }
        return weighing
    }

    private static func weigh(_ stretch: RepeatedStretch, _ known: Case, into weighing: inout Weighing) {
        let isPass = LossRepeatsRule.isPass(stretch, in: known.run)
        if isPass == true {
            weighing.add(anotherPass, stretch)
        } else if known.run.startsOver(with: stretch) {
            weighing.add(startsOver, stretch)
        } else {
            // Where the length of a pass is not known, one may begin where the run's first data come again.
            let distance = stretch.source.lowerBound.subtractingStep(known.run.printed.steps.first ?? 0)
            let mayBePass = distance <= LossFingerprint.leastRecords * known.run.interval
            weighing.add(readsAgain, stretch, times: isPass == false ? 1 : mayBePass ? 0.3 : 0.8)
        }
    }

    package static func nextTest(_ known: Case) -> Phrase { "\(.lock): equal SHA-256 values are duplicates" }

    package static func fix(_ known: Case) -> Advice {
        "Remove the duplicate from the list of shards; the run itself is usable."
    }
}
