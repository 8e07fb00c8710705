import TrainingLogs

/// The loss still falls when the run ends.
package enum UnderfitCause: CauseRule {
    package static let kind = CauseKind.underfit
    package static let head = RuleHead(
        id: CauseKind.underfit.rawValue,
        title: "Trained too short",
        summary: "The loss still falls when the run ends."
    )

    package static func weigh(_ file: CaseFile) -> Weighing? {
        guard file.shows(.slowLearning, .finalLossHigh, .underfitting) else { return nil }
        var weighing = Weighing(prior: -1.6)
        if file.shows(.finalLossHigh) { weighing.add(1, file.symptom(.finalLossHigh)?.summary ?? "") }
        if let ratio = file.measured(.underfitting, "tokensPerParameter") {
            weighing.add(ratio < 10 ? 1.5 : -1.5, "The model saw \(Format.ratio(ratio)) tokens per parameter.")
        }
        if file.shows(.slowLearning), (file.rateExcess ?? 1) < 0.02 {
            weighing.add(-1, "The learning rate explains the pace.")
        }
        weighing.nextTest = "continue for as many steps again"
        weighing.fix = "Train longer, to about 20 tokens per parameter."
        return weighing
    }
}
