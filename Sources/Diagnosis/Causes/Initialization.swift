import Terms
import TrainingLogs

extension CauseKind {
    /// See ``InitializationCause``.
    public static let initialization = CauseKind("initialization")
}

/// The weights start too wide or too narrow.
package enum InitializationCause: CauseRule {
    package static let kind = CauseKind.initialization
    package static let head = RuleHead(
        kind,
        title: "Initialisation",
        summary: "The weights start too wide or too narrow.",
        references: ["arXiv:2005.14165"]
    )
    package static let explains: Set<SymptomKind> = [
        .initialLossOff, .lossDivergence, .lossNonFinite, .lossPlateau, .lossFlat, .gradientVanishing,
    ]
    package static let isSetting = true

    private static let prior = -2.0
    private static let worseThanGuessing = Clue<(initial: Double, chance: Double)>(
        "worse-than-guessing",
        2.2,
        because: "ordinary initialisation starts within a few per cent of ln(vocabulary)"
    ) { "The first loss is \(loss: $0.initial) where guessing costs \(loss: $0.chance)." }
    private static let guessing = Clue<Double>(
        "guessing",
        -1.2,
        because: "weights that start too wide make a first loss above that of guessing"
    ) { "The first loss of \(loss: $0) is that of guessing, as it should be." }
    private static let early = Clue<Int>(
        "early",
        0.8,
        because: "bad weights show at once, but so does a learning rate without warm-up"
    ) { "The event comes \(count: $0, "update") after the start." }
    private static let late = Clue<Int>(
        "late",
        -1,
        because: "a run that trained well first did not start too wide"
    ) { "The event comes \(count: $0, "update") after the start." }
    private static let earlyUpdates = 50

    package static func weigh(_ known: Case) -> Weighing? {
        var weighing = Weighing(prior: prior)
        if let vocabulary = known.run.vocabulary, vocabulary > 1, let initial = known.run.initialLoss {
            let chance = Double(vocabulary).logarithm
            if initial > 1.15 * chance {
                weighing.add(worseThanGuessing, (initial, chance))
            } else if initial > 0.95 * chance {
                weighing.add(guessing, initial)
            }
        }
        if known.shows(.lossDivergence, .lossNonFinite) {
            weighing.add(known.age < earlyUpdates ? early : late, known.age)
        }
        return weighing
    }

    package static func nextTest(_ known: Case) -> Phrase {
        "compare the first printed loss with ln(vocabulary), and the initial standard deviations with 0.02"
    }

    package static func fix(_ known: Case) -> Advice {
        "Initialise with a standard deviation of 0.02, residual projections divided by sqrt(2 x layers)."
    }
}
