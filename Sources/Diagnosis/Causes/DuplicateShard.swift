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
    package static let explains: Set<SymptomKind> = [.lossDip, .epochJump, .overfitting]

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
    private static let dataDamaged = Clue(
        "data-damaged",
        -1,
        because: "the damage explains the dip, but does not exclude a copy",
        "A damaged shard explains more."
    )

    package static func weigh(_ known: Case) -> Weighing? {
        var weighing = Weighing(prior: prior)
        if let ratio = known.measured(LossDipRule.noiseRatio), ratio > 0.8 { weighing.add(noiseStays) }
        if known.symptom(.epochJump)?.severity == .info { weighing.add(fallsAtBoundary) }
        if known.damageForce > 0 { weighing.add(dataDamaged, times: known.damageForce) }
        return weighing
    }

    package static func nextTest(_ known: Case) -> Phrase { "\(.lock): equal SHA-256 values are duplicates" }

    package static func fix(_ known: Case) -> Advice {
        "Remove the duplicate from the list of shards; the run itself is usable."
    }
}
