import Terms
import TrainingLogs

extension CauseKind {
    /// See ``WeightDecayCause``.
    public static let weightDecay = CauseKind("weight-decay")
}

/// Weight decay is so strong that it shrinks the weights faster than learning grows them, or absent where norms run away.
package enum WeightDecayCause: CauseRule {
    package static let kind = CauseKind.weightDecay
    package static let head = RuleHead(
        kind,
        title: "Weight decay",
        summary:
            """
            Weight decay is so strong that it shrinks the weights faster than learning grows them, or absent \
            where norms run away.
            """,
        references: ["decision tree, Q4.3"]
    )
    package static let explains: Set<SymptomKind> = [.slowRise, .lossPlateau, .weightNormDrift, .lossDivergence]
    package static let isSetting = true

    private static let prior = -2.6
    private static let strong = Clue<Double>(
        "strong-decay",
        2.2,
        because: "three times what published recipes use"
    ) { "A weight decay of \(setting: $0) is above the usual 0.1." }
    private static let none = Clue(
        "no-decay",
        0.5,
        because: "many runs train well without decay",
        "There is no weight decay to hold the weights."
    )
    private static let usual = Clue<Double>(
        "usual-decay",
        -0.5,
        because: "what recipes use seldom does harm, but at a high peak rate it may"
    ) { "The weight decay of \(setting: $0) is usual." }
    private static let drift = Clue(
        symptom: "norm-drift",
        1.5,
        because: "decision tree, Q4.3: norms that double or halve in 200 steps"
    )
    private static let direction = Clue<Double>(
        "direction",
        1,
        because: "strong decay shrinks norms, absent decay lets them grow"
    ) { "A weight decay of \(setting: $0) works in that direction." }

    package static func weigh(_ known: Case) -> Weighing? {
        // Decay bends norms by factors; it neither makes nor prevents a leap by thousands.
        if let ratio = known.measured(WeightNormDriftRule.ratio), ratio > 1000 { return nil }
        var weighing = Weighing(prior: prior)
        let decay = known.run.configuration.weightDecay
        if let decay {
            if decay > 0.3 {
                weighing.add(strong, decay)
            } else if decay == 0, known.shows(.slowRise, .weightNormDrift) {
                weighing.add(none)
            } else {
                weighing.add(usual, decay)
            }
        }
        if let symptom = known.symptom(.weightNormDrift), let ratio = symptom[WeightNormDriftRule.ratio] {
            weighing.add(drift, symptom)
            if let decay, ratio < 1 ? decay > 0.1 : decay < 0.01 { weighing.add(direction, decay) }
        }
        return weighing
    }

    package static func nextTest(_ known: Case) -> Phrase {
        "log the norm of each parameter group: a factor of two in 200 steps is too much"
    }

    package static func fix(_ known: Case) -> Advice {
        known.run.configuration.weightDecay == 0.1
            ? "Keep the weight decay of 0.1, on matrices only, and look for what else moves the weights."
            : "Set weight decay to 0.1, on matrices only."
    }
}
