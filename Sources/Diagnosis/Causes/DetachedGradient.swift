import TrainingLogs

/// The graph is cut between the loss and the parameters, so that no gradient arrives.
package enum DetachedGradientCause: CauseRule {
    package static let kind = CauseKind.detachedGradient
    package static let head = RuleHead(
        id: CauseKind.detachedGradient.rawValue,
        title: "Gradient detached",
        summary: "The graph is cut between the loss and the parameters, so that no gradient arrives."
    )

    package static func weigh(_ file: CaseFile) -> Weighing? {
        guard file.shows(.lossFlat, .lossConstant, .gradientVanishing) else { return nil }
        var weighing = Weighing(prior: -0.8)
        let norms = file.run.gradientNorm.finite.values
        if norms.count >= 5 {
            let norm = Robust.median(norms)
            if norm < 1e-6 {
                weighing.add(3.5, "The gradient norm is \(Format.rate(norm)).")
            } else {
                weighing.add(-2, "The gradient norm is \(Format.fixed(norm, 3)), so a gradient arrives.")
            }
        }
        if file.shows(.lossConstant) { weighing.add(0.5, "The loss is exactly constant.") }
        if file.run.rateBounds?.upperBound == 0 { weighing.add(-3, "The learning rate is zero.") }
        file.weighFewRecords(into: &weighing)
        weighing.nextTest =
            "after one backward pass, print the gradient norm of every parameter: none may be zero or missing"
        weighing.fix = "Remove detach(), item() or no_grad() between the logits and loss.backward()."
        return weighing
    }
}
