import TrainingLogs

/// The run reads the same tokens again: there are fewer of them than the plan needs.
package enum DataExhaustionCause: CauseRule {
    package static let kind = CauseKind.dataExhaustion
    package static let head = RuleHead(
        id: CauseKind.dataExhaustion.rawValue,
        title: "Data exhausted",
        summary: "The run reads the same tokens again: there are fewer of them than the plan needs.",
        references: ["arXiv:2305.16264"]
    )

    package static func weigh(_ file: CaseFile) -> Weighing? {
        guard file.shows(.lossPlateau, .overfitting, .epochJump, .lossStaircase) || file.isPeriodAnEpoch else {
            return nil
        }
        var weighing = Weighing(prior: -1.8)
        if file.isPeriodAnEpoch, let length = file.epochSteps {
            weighing.add(3, "The loss swings once in \(Int(step: length.rounded())) steps, one pass over the data.")
        }
        if let epochs = file.epochs {
            if epochs > 1.5 {
                weighing.add(min(2.5, epochs / 2), "The run reads its training tokens \(Format.ratio(epochs)) times.")
            } else if epochs < 1 {
                weighing.add(-2.5, "The run has not read all its training tokens once.")
            }
        }
        if file.shows(.epochJump) { weighing.add(1.2, "The level changes at an epoch boundary.") }
        weighing.nextTest = "`trainaudit trace --step \(file.run.lastStep)`: the epoch and position of the last step"
        weighing.fix = "Add shards, or stop after about four epochs, beyond which repeated tokens add little."
        return weighing
    }
}
