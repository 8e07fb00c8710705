import TrainingLogs

/// Gradients exist, but the weights do not change: the optimizer holds other tensors, or is never called.
package enum OptimizerNotSteppingCause: CauseRule {
    package static let kind = CauseKind.optimizerNotStepping
    package static let head = RuleHead(
        id: CauseKind.optimizerNotStepping.rawValue,
        title: "Optimizer does not step",
        summary:
            "Gradients exist, but the weights do not change: the optimizer holds other tensors, or is never called.",
        references: ["loss-curve guide, pattern 2"]
    )

    package static func weigh(_ file: CaseFile) -> Weighing? {
        guard file.shows(.lossFlat, .lossConstant) else { return nil }
        var weighing = Weighing(prior: -0.3)
        let norms = file.run.gradientNorm.finite.values
        if norms.count >= 5 {
            let norm = Robust.median(norms)
            if norm > 1e-4 {
                weighing.add(1.5, "Gradients arrive (norm \(Format.fixed(norm, 3))) and nothing moves.")
            } else {
                weighing.add(-2, "No gradient arrives: the norm is \(Format.rate(norm)).")
            }
        }
        if let peak = file.run.rateBounds?.upperBound {
            weighing.add(peak > 0 ? 1.2 : -4, "The log prints learning rates of up to \(Format.rate(peak)).")
        }
        if file.shows(.lossConstant) {
            weighing.add(0.8, "The loss repeats digit for digit: the same weights at every step.")
        }
        file.weighFewRecords(into: &weighing)
        weighing.nextTest = "compare one weight before and after optimizer.step()"
        weighing.fix =
            """
            Build the optimizer over the model's own parameters, after moving and wrapping the model, and call \
            optimizer.step() once per update, before zero_grad().
            """
        return weighing
    }
}
