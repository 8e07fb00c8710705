import Terms
import TrainingLogs

extension CauseKind {
    /// See ``LearningRateLowCause``.
    public static let learningRateLow = CauseKind("learning-rate-low")
}

/// The updates are too small to get anywhere in the steps there are.
package enum LearningRateLowCause: CauseRule {
    package static let kind = CauseKind.learningRateLow
    package static let head = RuleHead(
        kind,
        title: "Learning rate too low",
        summary: "The updates are too small to get anywhere in the steps there are.",
        references: ["training workflow: increase 2 to 10 times"]
    )
    package static let explains: Set<SymptomKind> = [
        .slowLearning, .lossPlateau, .lossFlat, .finalLossHigh, .underfitting,
    ]
    package static let isSetting = true
    package static let opposites: [CauseKind] = [.learningRateHigh]

    /// Share of the highest rate in use below which a rate is low: 6e-5 with Adam.
    package static let tiny = 0.02

    private static let prior = -0.6
    private static let slow = Clue(
        "learns-slowly",
        1.5,
        because: "small updates in the right direction look like this, but so does hard text",
        "The loss falls steadily, but hardly."
    )
    private static let zero = Clue(
        "rate-zero",
        -2,
        because: "a cause of its own",
        "The rate is zero, not low."
    )
    private static let low = Clue<Phrase>(
        "rate-low",
        3,
        because: "less than 2 % of the highest rate in use, 6e-5 with Adam"
    ) { "The peak rate of \($0) is far below the 1e-4 to 1e-3 that recipes use." }
    private static let notLow = Clue<Phrase>(
        "rate-not-low",
        -2,
        because: "more than 30 % of the highest rate in use"
    ) { "The peak rate of \($0) is not low." }
    private static let moves = Clue(
        "moves-a-little",
        1.5,
        because: "a rate that is too low moves the weights, and so the loss, by as little",
        "The loss falls by little, but surely."
    )
    private static let immobile = Clue(
        "immobile",
        -0.5,
        because: "small updates still move the loss a little",
        "The loss does not move at all."
    )

    package static func weigh(_ known: Case) -> Weighing? {
        var weighing = Weighing(prior: prior)
        if known.shows(.slowLearning) { weighing.add(slow) }
        if let excess = known.rateExcess {
            if excess == 0 {
                weighing.add(zero)
            } else if excess < tiny {
                weighing.add(low, known.rateText)
            } else if excess > 0.3 {
                weighing.add(notLow, known.rateText)
            }
        }
        if known.shows(.lossFlat) {
            weighing.add(Trend.surelyFalls(Blocks(known.run.loss, count: 24, least: 1).medians) ? moves : immobile)
        }
        return weighing
    }

    package static func nextTest(_ known: Case) -> Phrase { "rerun 200 steps with ten times the learning rate" }

    package static func fix(_ known: Case) -> Advice {
        let peak = known.run.peakLearningRate ?? 0
        // Ten times as much, within what recipes use.
        let target = min(6e-4, max(1e-4, peak * 10))
        return peak > 0 && target > peak
            ? "Raise the peak learning rate from \(rate: peak) to \(rate: target)."
            : "Raise the peak learning rate, tenfold at first."
    }
}
