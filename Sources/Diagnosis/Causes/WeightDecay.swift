import TrainingLogs

/// Weight decay is so strong that it shrinks the weights faster than learning grows them, or absent where norms run away.
package enum WeightDecayCause: CauseRule {
    package static let kind = CauseKind.weightDecay
    package static let head = RuleHead(
        id: CauseKind.weightDecay.rawValue,
        title: "Weight decay",
        summary:
            """
            Weight decay is so strong that it shrinks the weights faster than learning grows them, or absent \
            where norms run away.
            """,
        references: ["decision tree, Q4.3"]
    )

    package static func weigh(_ file: CaseFile) -> Weighing? {
        guard file.shows(.slowRise, .lossPlateau, .weightNormDrift, .lossDivergence) else { return nil }
        // Decay bends norms by factors; it neither makes nor prevents a leap by thousands.
        if let ratio = file.measured(.weightNormDrift, "ratio"), ratio > 1000 { return nil }
        var weighing = Weighing(prior: -2.6)
        if let decay = file.run.configuration.weightDecay {
            if decay > 0.3 {
                weighing.add(2.2, "A weight decay of \(decay) is above the usual 0.1.")
            } else if decay == 0, file.shows(.slowRise, .weightNormDrift) {
                weighing.add(0.5, "There is no weight decay to hold the weights.")
            } else {
                weighing.add(-0.5, "The weight decay of \(decay) is usual.")
            }
        }
        if let drift = file.symptom(.weightNormDrift), let ratio = drift.measurements["ratio"] {
            weighing.add(1.5, drift.summary)
            if let decay = file.run.configuration.weightDecay, ratio < 1 ? decay > 0.1 : decay < 0.01 {
                weighing.add(1, "A weight decay of \(Format.decimal(decay)) works in that direction.")
            }
        }
        weighing.nextTest = "log the norm of each parameter group: a factor of two in 200 steps is too much"
        let decay = file.run.configuration.weightDecay
        weighing.fix =
            decay == 0.1
            ? "Keep the weight decay of 0.1, on matrices only, and look for what else moves the weights."
            : "Set weight decay to 0.1, on matrices only."
        return weighing
    }
}
