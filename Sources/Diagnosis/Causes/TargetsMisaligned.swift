import Terms
import TrainingLogs

extension CauseKind {
    /// See ``TargetsMisalignedCause``.
    public static let targetsMisaligned = CauseKind("targets-misaligned")
}

/// The targets are not the next tokens: they leak into the inputs, or do not belong to them.
package enum TargetsMisalignedCause: CauseRule {
    package static let kind = CauseKind.targetsMisaligned
    package static let head = RuleHead(
        kind,
        title: "Targets misaligned",
        summary: "The targets are not the next tokens: they leak into the inputs, or do not belong to them.",
        references: ["loss-curve guide, pattern 2"]
    )
    package static let explains: Set<SymptomKind> = [
        .lossCollapse, .lossPlateau, .lossFlat, .slowLearning, .overfitting,
    ]
    package static let isSetting = true

    private static let prior = -1.6
    private static let collapse = Clue<Double>(
        "collapse",
        2,
        because: "text cannot be predicted so well unless the targets are visible or memorised"
    ) { "The training loss ends at \(loss: $0): the answer is in the input." }
    private static let early = Clue<Int>(
        "early-collapse",
        1,
        because: "memorising takes several passes over the data, copying does not"
    ) { "It is below 0.1 by step \($0), faster than text is memorised." }
    private static let earlyStep = 500
    private static let sudden = Clue(
        "sudden-zero",
        3,
        because: "a mean over no targets is printed as 0; nothing that is learned comes at once",
        "The loss becomes exactly 0 from one record to the next: no target is counted."
    )
    private static let validationRises = Clue<(first: Double, last: Double)>(
        "validation-rises",
        1.5,
        because: "what helps on such targets is of no use on text from the first step on"
    ) { "Validation loss rises from \(loss: $0.first) from the start on, to \(loss: $0.last)." }
    private static let validationFell = Clue<(first: Double, lowest: Double)>(
        "validation-fell",
        -2.5,
        because: "what helps on text that was not trained on was learned from true targets"
    ) { "Validation loss first falls from \(loss: $0.first) to \(loss: $0.lowest), as a model that learns does." }
    private static let validationShared = Clue<Double>(
        "validation-collapses",
        2.5,
        because: "what is learned by heart is of no use on text that was not trained on; an answer in the input is"
    ) { "Validation loss goes down to \(loss: $0) as well." }
    private static let noCollapse = Clue(
        "no-collapse",
        -2,
        because: "overfitting by itself is no fault of the targets",
        "The training loss does not collapse."
    )
    private static let nearGuessing = Clue<Double>(
        "near-guessing",
        2.2,
        because: "the rate is excluded, and targets of other rows leave nothing else to learn"
    ) { "The loss stays at \(share: $0) of guessing at an ordinary rate: only token frequencies are learned." }
    private static let atEntropy = Clue<(final: Double, entropy: Double)>(
        "at-entropy",
        3,
        because: "the entropy is measured on the shards, and few other faults end within 5 % of it",
        sentence: entropyText
    )
    private static let atEntropyFast = Clue<(final: Double, entropy: Double)>(
        "at-entropy-fast",
        0.5,
        because: "too high a learning rate ends there as well",
        sentence: entropyText
    )
    private static let belowEntropy = Clue<Double>(
        "below-entropy",
        -1.5,
        because: "only what stands before a token can teach more than its frequency"
    ) { "The loss falls below the entropy of single tokens, \(loss: $0)." }
    private static let inputsAgree = Clue<Int>(
        "inputs-agree",
        4,
        because: "a loss that agrees within rounding in one way only shows how it was computed"
    ) { "With the inputs as targets, step \($0) has the loss that the log printed." }
    private static let flat = Clue(
        "loss-flat",
        -1,
        because: "targets of other rows still have frequencies to learn",
        "Even token frequencies are not learned."
    )

    package static func weigh(_ known: Case) -> Weighing? {
        var weighing = Weighing(prior: prior)
        if known.shows(.lossCollapse) {
            weighCollapse(known, into: &weighing)
        } else if known.shows(.overfitting) {
            weighing.add(noCollapse)
        }
        let excess = known.rateExcess ?? 1
        if known.shows(.lossPlateau, .slowLearning), let chance = known.run.chanceLoss,
            let final = known.run.finalLoss, final > 0.8 * chance, excess < 1.5, excess > 0.02
        {
            weighing.add(nearGuessing, final / chance)
        }
        if let entropy = known.facts.unigramEntropy, let final = known.run.finalLoss, !known.shows(.lossCollapse) {
            if abs(final - entropy) < 0.05 * entropy {
                weighing.add(excess > 1.5 ? atEntropyFast : atEntropy, (final, entropy))
            } else if final < 0.9 * entropy {
                weighing.add(belowEntropy, entropy)
            }
        }
        if let forward = known.facts.forward, forward.match == .targetsAreInputs {
            weighing.add(inputsAgree, forward.step)
        }
        if known.shows(.lossFlat) { weighing.add(flat) }
        return weighing
    }

    package static func nextTest(_ known: Case) -> Phrase {
        "print inputs[0][:8] beside targets[0][:8]: they must be one apart"
    }

    package static func fix(_ known: Case) -> Advice {
        "Shift by one: targets[t] = tokens[t + 1]; check the causal mask."
    }

    private static func weighCollapse(_ known: Case, into weighing: inout Weighing) {
        weighing.add(collapse, known.measured(LossCollapseRule.final) ?? 0)
        if let reached = known.measured(LossCollapseRule.reachedStep), reached < earlyStep {
            weighing.add(early, reached)
        }
        if known.holds(LossCollapseRule.sudden) {
            weighing.add(sudden)
            return
        }
        let values = known.run.validation.values
        guard let first = values.first, let last = values.last, let lowest = values.min() else { return }
        if known.holds(LossCollapseRule.shared) {
            weighing.add(validationShared, last)
        } else if lowest < 0.9 * first {
            weighing.add(validationFell, (first, lowest))
        } else if last > first {
            weighing.add(validationRises, (first, last))
        }
    }

    private static func entropyText(_ found: (final: Double, entropy: Double)) -> Phrase {
        """
        The loss ends at \(loss: found.final), the entropy of single tokens in the shards \
        (\(loss: found.entropy)): frequencies are all that was learned.
        """
    }
}
