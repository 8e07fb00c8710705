import Terms
import TrainingLogs

extension CauseKind {
    /// See ``UnderfitCause``.
    public static let underfit = CauseKind("underfit")
}

/// The loss still falls when the run ends.
package enum UnderfitCause: CauseRule {
    package static let kind = CauseKind.underfit
    package static let head = RuleHead(
        kind,
        title: "Trained too short",
        summary: "The loss still falls when the run ends."
    )
    package static let explains: Set<SymptomKind> = [.slowLearning, .finalLossHigh, .underfitting]
    package static let opposites: [CauseKind] = [.overfit]

    private static let prior = -1.6
    private static let finalLossHigh = Clue(
        symptom: "final-loss-high",
        1,
        because: "a run that ends too early ends high, but so do others"
    )
    private static let fewTokens = Clue<Double>(
        "few-tokens",
        1.5,
        because: "half of what is compute-optimal, 20 tokens per parameter (arXiv:2203.15556)"
    ) { "The model saw \(ratio: $0) tokens per parameter." }
    private static let enoughTokens = Clue<Double>(
        "enough-tokens",
        -1.5,
        because: "near the compute-optimal 20 and beyond, more steps bring little"
    ) { "The model saw \(ratio: $0) tokens per parameter." }
    private static let rateLow = Clue(
        "rate-low",
        -1,
        because: "a rate of a fiftieth of the usual learns slowly for as long as it is kept",
        "The learning rate explains the pace."
    )
    private static let rateUsual = Clue<Phrase>(
        "rate-usual",
        0.5,
        because: "the rate is excluded as what makes the run slow"
    ) { "The peak rate of \($0) is one that recipes use." }
    private static let stillFalls = Clue<(late: Double, all: Double)>(
        "still-falls",
        1,
        because: "the last quarter of finished public runs brings less than 0.026 of what they learn"
    ) {
        """
        The loss still falls when the run ends: by \(loss: $0.late) in its last quarter, of \(loss: $0.all) \
        altogether.
        """
    }
    private static let hardlyAny = Clue<Double>(
        "hardly-any-tokens",
        1.2,
        because: "a twentieth of what is compute-optimal (arXiv:2203.15556)"
    ) { "The model saw only \(setting: $0) tokens per parameter." }

    package static func weigh(_ known: Case) -> Weighing? {
        var weighing = Weighing(prior: prior)
        weighing.add(finalLossHigh, known.symptom(.finalLossHigh))
        if let ratio = known.measured(UnderfittingRule.tokensPerParameter) {
            weighing.add(ratio < 10 ? fewTokens : enoughTokens, ratio)
        }
        if known.shows(.slowLearning) || known.holds(UnderfittingRule.unfinished) {
            weighPace(known, into: &weighing)
        }
        return weighing
    }

    package static func nextTest(_ known: Case) -> Phrase { "continue for as many steps again" }

    package static func fix(_ known: Case) -> Advice { "Train longer, to about 20 tokens per parameter." }

    /// A loss that fell throughout and had no more time, at a rate that recipes use.
    private static func weighPace(_ known: Case, into weighing: inout Weighing) {
        if let excess = known.rateExcess {
            if excess < 0.02 {
                weighing.add(rateLow)
            } else if excess <= 0.3 {
                weighing.add(rateUsual, known.rateText)
            }
        }
        let count = known.run.loss.count
        if let initial = known.run.initialLoss, let late = known.run.level(count * 5 / 8..<count * 3 / 4),
            let end = known.run.level(count * 7 / 8..<count), initial > end, late - end > 0.1 * (initial - end)
        {
            weighing.add(stillFalls, (late - end, initial - end))
        }
        guard let parameters = known.run.configuration.parameters ?? known.run.history.hyperparameters.parameters,
            let perStep = known.run.tokensPerStep, parameters > 0
        else { return }
        let ratio = Double(perStep) * Double(max(1, known.run.lastStep)) / Double(parameters)
        if ratio < 1 { weighing.add(hardlyAny, ratio) }
    }
}
