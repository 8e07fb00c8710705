import Terms
import TrainingLogs

/// Two shards of the list hold the same tokens.
package enum DuplicateShardCause: CauseRule {
    package static let kind = CauseKind.duplicateShard
    package static let head = RuleHead(
        id: CauseKind.duplicateShard.rawValue,
        title: "Duplicate shard",
        summary:
            "Two shards of the list hold the same tokens. Short runs show nothing; longer ones dip when the copy comes."
    )

    package static func weigh(_ file: CaseFile) -> Weighing? {
        guard file.shows(.lossDip, .epochJump, .overfitting) else { return nil }
        var weighing = Weighing(prior: -2.2)
        if file.shows(.lossDip), let ratio = file.measured(.lossDip, "noiseRatio"), ratio > 0.8 {
            weighing.add(1, "The dip is as noisy as the curve before: different batches, all of them known.")
        }
        if file.symptom(.epochJump)?.severity == .info {
            weighing.add(0.8, "The loss falls at a boundary of the data.")
        }
        if file.damageForce > 0 { weighing.add(-file.damageForce, "A damaged shard explains more.") }
        weighing.nextTest = "`trainaudit lock DIRECTORY`: equal SHA-256 values are duplicates"
        weighing.fix = "Remove the duplicate from the list of shards; the run itself is usable."
        return weighing
    }
}
