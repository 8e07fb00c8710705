import Terms
import TrainingLogs

extension CauseKind {
    /// See ``LearningRateZeroCause``.
    public static let learningRateZero = CauseKind("learning-rate-zero")
}

/// The optimizer steps with a learning rate of 0: nothing changes.
package enum LearningRateZeroCause: CauseRule {
    package static let kind = CauseKind.learningRateZero
    package static let head = RuleHead(
        kind,
        title: "Learning rate is zero",
        summary: "The optimizer steps with a learning rate of 0: nothing changes."
    )
    package static let explains: Set<SymptomKind> = [
        .lossFlat, .lossConstant, .lossRepeats, .lossPlateau, .scheduleMisaligned, .slowLearning,
    ]

    private static let prior = -1.2
    private static let repeats = Clue.repeatsExactly(
        1,
        because: "a rate of zero does this; so do other faults, and most logs print the rate"
    )
    private static let zeroThroughout = Clue<Int>(
        "rate-zero",
        6,
        because: "the log shows the cause itself"
    ) { "The log prints a learning rate of 0 in all \(count: $0, "record")." }
    private static let spent = Clue(
        symptom: "rate-spent",
        3,
        because: "the log shows the cause itself, but not for the whole run"
    )
    private static let positive = Clue<Double>(
        "rate-positive",
        -4,
        because: "what is printed may still not be what the optimizer uses"
    ) { "The log prints learning rates of up to \(rate: $0)." }
    private static let configuredZero = Clue(
        "configured-zero",
        4,
        because: "no log confirms that the configured rate was applied",
        "The configured learning rate is 0."
    )

    package static func weigh(_ known: Case) -> Weighing? {
        guard known.shows(anyOf: explains, repeatedExactly: true) else { return nil }
        var weighing = Weighing(prior: prior)
        if known.holds(LossRepeatsRule.exact) { weighing.add(repeats) }
        let rates = known.run.learningRate
        if rates.count >= 5, let peak = rates.values.max() {
            if peak == 0 {
                weighing.add(zeroThroughout, rates.count)
            } else if let symptom = known.symptom(where: ScheduleMisalignedRule.spent) {
                weighing.add(spent, symptom)
            } else {
                weighing.add(positive, peak)
            }
        } else if known.run.configuration.peakLearningRate == 0 {
            weighing.add(configuredZero)
        }
        return weighing
    }

    package static func nextTest(_ known: Case) -> Phrase {
        "print the optimizer's learning rate in the step that calls it"
    }

    package static func fix(_ known: Case) -> Advice {
        let place: Phrase = known.run.peakLearningRate == 0 ? "" : " from the step where it reaches zero"
        return """
            Set the learning rate\(place) (3e-4 to 6e-4 is usual with Adam) and check the schedule's units: \
            steps, not epochs.
            """
    }
}
