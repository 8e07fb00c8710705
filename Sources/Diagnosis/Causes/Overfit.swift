import TrainingLogs

/// The model memorises its training text.
package enum OverfitCause: CauseRule {
    package static let kind = CauseKind.overfit
    package static let head = RuleHead(
        id: CauseKind.overfit.rawValue,
        title: "Overfitting",
        summary: "The model memorises its training text.",
        references: ["loss-curve guide, pattern 5"]
    )

    package static func weigh(_ file: CaseFile) -> Weighing? {
        guard file.shows(.overfitting, .lossCollapse) else { return nil }
        var weighing = Weighing(prior: -0.5)
        if let rise = file.measured(.overfitting, "rise") {
            weighing.add(
                2.5,
                "Validation loss rises \(Format.percent(rise)) above its minimum while training loss falls."
            )
        }
        if file.measured(.overfitting, "lowestValidation") == file.run.validation.values.first,
            file.shows(.lossCollapse)
        {
            weighing.add(-2.5, "Validation loss never fell at all: nothing useful was learned before memorising.")
        }
        if file.shows(.lossStepUp, .lossSpike) {
            weighing.add(-3, "The validation loss turns where the training loss jumps: something happened there.")
        }
        let tokens = file.run.configuration.trainTokens ?? file.run.history.hyperparameters.trainTokens
        if let tokens, let perStep = file.run.tokensPerStep {
            let epochs = Double(file.run.lastStep) * Double(perStep) / Double(max(1, tokens))
            if epochs > 4 {
                weighing.add(1, "The run reads its \(tokens) training tokens \(Format.ratio(epochs)) times.")
            } else if epochs < 1 {
                weighing.add(-2, "Every training token was read once at most.")
            }
        }
        let best = file.symptom(.overfitting)?.firstStep ?? file.onset
        weighing.nextTest = "evaluate the checkpoint nearest to step \(best)"
        weighing.fix =
            "Stop at step \(best); more data, dropout 0.1 to 0.3, or weight decay 0.1 to 0.2 for the next run."
        return weighing
    }
}
