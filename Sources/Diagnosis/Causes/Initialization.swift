import TrainingLogs

/// The weights start too wide or too narrow.
package enum InitializationCause: CauseRule {
    package static let kind = CauseKind.initialization
    package static let head = RuleHead(
        id: CauseKind.initialization.rawValue,
        title: "Initialisation",
        summary: "The weights start too wide or too narrow.",
        references: ["arXiv:2005.14165"]
    )

    package static func weigh(_ file: CaseFile) -> Weighing? {
        guard file.shows(.initialLossOff, .lossDivergence, .lossNonFinite, .lossPlateau, .lossFlat, .gradientVanishing)
        else { return nil }
        var weighing = Weighing(prior: -2)
        if let vocabulary = file.run.vocabulary, vocabulary > 1, let initial = file.run.initialLoss {
            let chance = Double(vocabulary).logarithm
            if initial > 1.15 * chance {
                weighing.add(
                    2.2,
                    "The first loss is \(Format.loss(initial)) where guessing costs \(Format.loss(chance))."
                )
            } else if initial > 0.95 * chance {
                weighing.add(-1.2, "The first loss of \(Format.loss(initial)) is that of guessing, as it should be.")
            }
        }
        if file.shows(.lossDivergence, .lossNonFinite) {
            weighing.add(
                file.age < 50 ? 0.8 : -1,
                "The event comes \(Format.count(file.age, "update")) after the start."
            )
        }
        weighing.nextTest =
            "compare the first printed loss with ln(vocabulary), and the initial standard deviations with 0.02"
        weighing.fix = "Initialise with a standard deviation of 0.02, residual projections divided by sqrt(2 x layers)."
        return weighing
    }
}
