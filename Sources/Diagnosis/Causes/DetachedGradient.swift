import Terms
import TrainingLogs

extension CauseKind {
    /// See ``DetachedGradientCause``.
    public static let detachedGradient = CauseKind("detached-gradient")
}

/// The graph is cut between the loss and the parameters, so that no gradient arrives.
package enum DetachedGradientCause: CauseRule {
    package static let kind = CauseKind.detachedGradient
    package static let head = RuleHead(
        kind,
        title: "Gradient detached",
        summary: "The graph is cut between the loss and the parameters, so that no gradient arrives."
    )
    package static let explains: Set<SymptomKind> = [.lossFlat, .lossConstant, .lossRepeats, .gradientVanishing]

    private static let prior = -0.8
    private static let repeats = Clue.repeatsExactly(
        1.5,
        because: "weights without a gradient stay as they are, but so do others"
    )
    private static let noGradient = Clue<Double>(
        "no-gradient",
        3.5,
        because: "a norm that is zero but for rounding is what a cut graph gives"
    ) { "The gradient norm is \(rate: $0)." }
    private static let gradientArrives = Clue<Double>(
        "gradient-arrives",
        -2,
        because: "only part of the graph could still be cut"
    ) { "The gradient norm is \($0, decimals: 3), so a gradient arrives." }
    private static let constant = Clue(
        "loss-constant",
        0.5,
        because: "weights without a gradient stay as they are, but so do others",
        "The loss is exactly constant."
    )
    private static let rateZero = Clue(
        "rate-zero",
        -3,
        because: "a rate of zero alone explains that nothing moves",
        "The learning rate is zero."
    )
    private static let fewRecords = Clue.fewRecords(
        -4,
        because: "a few records do not show whether a curve moves"
    )
    /// Zero, but for rounding.
    private static let leastNorm = 1e-6

    package static func weigh(_ known: Case) -> Weighing? {
        guard known.shows(anyOf: explains, repeatedExactly: true) else { return nil }
        var weighing = Weighing(prior: prior)
        if known.holds(LossRepeatsRule.exact) { weighing.add(repeats) }
        let norms = known.run.gradientNorm.finite.values
        if norms.count >= 5 {
            let norm = Robust.median(norms)
            weighing.add(norm < leastNorm ? noGradient : gradientArrives, norm)
        }
        if known.shows(.lossConstant) { weighing.add(constant) }
        if known.run.rateBounds?.upperBound == 0 { weighing.add(rateZero) }
        known.weighFewRecords(fewRecords, into: &weighing)
        return weighing
    }

    package static func nextTest(_ known: Case) -> Phrase {
        "after one backward pass, print the gradient norm of every parameter: none may be zero or missing"
    }

    package static func fix(_ known: Case) -> Advice {
        "Remove detach(), item() or no_grad() between the logits and loss.backward()."
    }
}
