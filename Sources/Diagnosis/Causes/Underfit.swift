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
        if file.shows(.slowLearning) || file.measured(.underfitting, "unfinished") == 1 {
            weighPace(file, into: &weighing)
        }
        weighing.nextTest = "continue for as many steps again"
        weighing.fix = "Train longer, to about 20 tokens per parameter."
        return weighing
    }

    /// A loss that fell throughout and had no more time, at a rate that recipes use.
    private static func weighPace(_ file: CaseFile, into weighing: inout Weighing) {
        if let excess = file.rateExcess {
            if excess < 0.02 {
                weighing.add(-1, "The learning rate explains the pace.")
            } else if excess <= 0.3 {
                weighing.add(0.5, "The peak rate of \(file.rateText) is one that recipes use.")
            }
        }
        let count = file.run.loss.count
        if let initial = file.run.initialLoss, let late = file.run.level(count * 5 / 8..<count * 3 / 4),
            let end = file.run.level(count * 7 / 8..<count), initial > end, late - end > 0.1 * (initial - end)
        {
            weighing.add(
                1,
                """
                The loss still falls when the run ends: by \(Format.loss(late - end)) in its last quarter, of \
                \(Format.loss(initial - end)) altogether.
                """
            )
        }
        guard let parameters = file.run.configuration.parameters ?? file.run.history.hyperparameters.parameters,
            let perStep = file.run.tokensPerStep, parameters > 0
        else { return }
        let ratio = Double(perStep) * Double(max(1, file.run.lastStep)) / Double(parameters)
        if ratio < 1 { weighing.add(1.2, "The model saw only \(Format.decimal(ratio)) tokens per parameter.") }
    }
}
