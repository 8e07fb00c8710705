import Terms
import TrainingLogs

extension CauseKind {
    /// See ``OptimizerNotSteppingCause``.
    public static let optimizerNotStepping = CauseKind("optimizer-not-stepping")
}

/// Gradients exist, but the weights do not change: the optimizer holds other tensors, or is never called.
package enum OptimizerNotSteppingCause: CauseRule {
    package static let kind = CauseKind.optimizerNotStepping
    package static let head = RuleHead(
        kind,
        title: "Optimizer does not step",
        summary:
            "Gradients exist, but the weights do not change: the optimizer holds other tensors, or is never called.",
        references: ["loss-curve guide, pattern 2"]
    )
    package static let explains: Set<SymptomKind> = [.lossFlat, .lossConstant, .lossRepeats]

    private static let prior = -0.3
    private static let repeats = Clue.repeatsExactly(
        1.8,
        because: "weights that move even slightly change the last digits"
    )
    private static let gradientArrives = Clue<Double>(
        "gradient-arrives",
        1.5,
        because: "a gradient that arrives leaves the update as the place of the fault"
    ) { "Gradients arrive (norm \($0, decimals: 3)), but the loss does not move." }
    private static let noGradient = Clue<Double>(
        "no-gradient",
        -2,
        because: "without a gradient the best optimizer changes nothing"
    ) { "No gradient arrives: the norm is \(rate: $0)." }
    private static let rateApplied = Clue<Double>(
        "rate-applied",
        1.2,
        because: "at this rate an optimizer that steps moves the weights"
    ) { "The log prints learning rates of up to \(rate: $0)." }
    private static let rateZero = Clue<Double>(
        "rate-zero",
        -4,
        because: "a rate of zero alone explains that nothing moves"
    ) { "The log prints learning rates of up to \(rate: $0)." }
    private static let rateTiny = Clue<Double>(
        "rate-tiny",
        -1,
        because: "at less than 2 % of the highest rate in use an optimizer that steps hardly moves a loss either"
    ) { "The log prints learning rates of up to \(rate: $0): so small that nothing need be seen." }
    private static let moves = Clue(
        "loss-moves",
        -3,
        because: "weights that do not move leave the trend of the loss at zero",
        "The loss falls by little, but surely: the weights move."
    )
    private static let constant = Clue(
        "loss-constant",
        0.8,
        because: "weights that move even slightly change the last digits",
        "The loss repeats digit for digit: the same weights at every step."
    )
    private static let fewRecords = Clue.fewRecords(
        -4,
        because: "a few records do not show whether a curve moves"
    )
    /// Healthy norms are 0.1 to 10; a thousandth of the least of them still moves weights.
    private static let leastNorm = 1e-4

    package static func weigh(_ known: Case) -> Weighing? {
        guard known.shows(anyOf: explains, repeatedExactly: true) else { return nil }
        var weighing = Weighing(prior: prior)
        if known.holds(LossRepeatsRule.exact) { weighing.add(repeats) }
        let norms = known.run.gradientNorm.finite.values
        if norms.count >= 5 {
            let norm = Robust.median(norms)
            weighing.add(norm > leastNorm ? gradientArrives : noGradient, norm)
        }
        if let peak = known.run.rateBounds?.upperBound {
            let isTiny = (known.rateExcess ?? 1) < LearningRateLowCause.tiny
            weighing.add(peak == 0 ? rateZero : isTiny ? rateTiny : rateApplied, peak)
        }
        if Trend.surelyFalls(Blocks(known.run.loss, count: 24, least: 1).medians) { weighing.add(moves) }
        if known.shows(.lossConstant) { weighing.add(constant) }
        known.weighFewRecords(fewRecords, into: &weighing)
        return weighing
    }

    package static func nextTest(_ known: Case) -> Phrase { "compare one weight before and after optimizer.step()" }

    package static func fix(_ known: Case) -> Advice {
        """
        Build the optimizer over the model's own parameters, after moving and wrapping the model, and call \
        optimizer.step() once per update, before zero_grad().
        """
    }
}
