import Terms
import TrainingLogs

extension CauseKind {
    /// See ``OverfitCause``.
    public static let overfit = CauseKind("overfit")
}

/// The model memorises its training text.
package enum OverfitCause: CauseRule {
    package static let kind = CauseKind.overfit
    package static let head = RuleHead(
        kind,
        title: "Overfitting",
        summary: "The model memorises its training text.",
        references: ["loss-curve guide, pattern 5"]
    )
    package static let explains: Set<SymptomKind> = [.overfitting, .lossCollapse]
    package static let opposites: [CauseKind] = [.underfit, .capacityLimit]

    private static let prior = -0.5
    private static let validationRises = Clue<Double>(
        "validation-rises",
        2.5,
        because: "a training loss that falls while validation rises is how it is defined"
    ) { "Validation loss rises \(share: $0) above its minimum while training loss falls." }
    private static let neverFell = Clue(
        "never-fell",
        -2.5,
        because: "a model that memorises text learns from it first",
        "Validation loss never fell at all: nothing useful was learned before memorising."
    )
    private static let trainingJumps = Clue(
        "training-jumps",
        -3,
        because: "memorising is gradual and makes no jump in the training loss",
        "The validation loss turns where the training loss jumps: something happened there."
    )
    private static let sudden = Clue(
        "sudden-zero",
        -4,
        because: "memorising is gradual",
        "The loss becomes exactly 0 from one record to the next."
    )
    private static let manyPasses = Clue<(tokens: Int, epochs: Double)>(
        "many-passes",
        1,
        because: "repeated tokens are nearly as good as new ones up to four passes (arXiv:2305.16264)"
    ) { "The run reads its \($0.tokens) training tokens \(ratio: $0.epochs) times." }
    private static let onePass = Clue(
        "one-pass",
        -2,
        because: "what was not repeated is hardly memorised",
        "Every training token was read once at most."
    )

    package static func weigh(_ known: Case) -> Weighing? {
        var weighing = Weighing(prior: prior)
        if let rise = known.measured(OverfittingRule.rise) { weighing.add(validationRises, rise) }
        if known.measured(OverfittingRule.lowestValidation) == known.run.validation.values.first,
            known.shows(.lossCollapse)
        {
            weighing.add(neverFell)
        }
        if known.shows(.lossStepUp, .lossSpike) { weighing.add(trainingJumps) }
        if known.holds(LossCollapseRule.sudden) { weighing.add(sudden) }
        let tokens = known.run.configuration.trainTokens ?? known.run.history.hyperparameters.trainTokens
        if let tokens, let perStep = known.run.tokensPerStep {
            let epochs = Double(known.run.lastStep) * Double(perStep) / Double(max(1, tokens))
            if epochs > 4 {
                weighing.add(manyPasses, (tokens, epochs))
            } else if epochs < 1 {
                weighing.add(onePass)
            }
        }
        return weighing
    }

    package static func nextTest(_ known: Case) -> Phrase {
        "evaluate the checkpoint nearest to step \(bestStep(known))"
    }

    package static func fix(_ known: Case) -> Advice {
        """
        Stop at step \(bestStep(known)); more data, dropout 0.1 to 0.3, or weight decay 0.1 to 0.2 for the next run.
        """
    }

    /// Where validation was at its best.
    private static func bestStep(_ known: Case) -> Int { known.symptom(.overfitting)?.firstStep ?? known.onset }
}
