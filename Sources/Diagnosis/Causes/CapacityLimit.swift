import Terms
import TrainingLogs

extension CauseKind {
    /// See ``CapacityLimitCause``.
    public static let capacityLimit = CauseKind("capacity-limit")
}

/// The model has learned what its size allows.
package enum CapacityLimitCause: CauseRule {
    package static let kind = CauseKind.capacityLimit
    package static let head = RuleHead(
        kind,
        title: "Model too small",
        summary: "The model has learned what its size allows.",
        references: ["arXiv:2203.15556"]
    )
    package static let explains: Set<SymptomKind> = [.underfitting, .lossPlateau, .finalLossHigh]
    package static let opposites: [CauseKind] = [.overfit]

    private static let prior = -1.2
    private static let sizeLimits = Clue(
        symptom: "size-limits",
        3,
        because: "the scaling law says that size costs more than data do (arXiv:2203.15556)"
    )
    private static let manyTokens = Clue<Double>(
        "many-tokens",
        0.6,
        because: "beyond the compute-optimal ratio more tokens bring less than more parameters"
    ) { "Twenty tokens per parameter are compute-optimal; this run read \(ratio: $0)." }
    private static let optimalTokens = 20.0
    private static let rateHigh = Clue(
        "rate-high",
        -1.5,
        because: "too high a rate stalls a model of any size",
        "The learning rate is too high for the size to be judged."
    )
    private static let earlyStall = Clue<Int>(
        "early-stall",
        -0.6,
        because: "a small model learns as fast as a large one at first"
    ) { "The loss stalls by step \($0), before size can matter." }

    package static func weigh(_ known: Case) -> Weighing? {
        var weighing = Weighing(prior: prior)
        if let ratio = known.measured(UnderfittingRule.tokensPerParameter) {
            weighing.add(sizeLimits, known.symptom(.underfitting))
            if ratio > optimalTokens { weighing.add(manyTokens, ratio) }
        }
        if let excess = known.rateExcess, excess > 3 { weighing.add(rateHigh) }
        if let reached = known.symptom(.lossPlateau)?.firstStep, reached < 100, known.run.loss.count >= 100 {
            weighing.add(earlyStall, reached)
        }
        return weighing
    }

    package static func nextTest(_ known: Case) -> Phrase { "train a model twice as wide for the same steps" }

    package static func fix(_ known: Case) -> Advice {
        "Use more layers or width: about one parameter for 20 training tokens."
    }
}
