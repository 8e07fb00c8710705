import TrainingLogs

/// Hidden units are zero for every token and can no longer learn.
package enum DeadUnitsCause: CauseRule {
    package static let kind = CauseKind.deadUnits
    package static let head = RuleHead(
        id: CauseKind.deadUnits.rawValue,
        title: "Dead units",
        summary: "Hidden units are zero for every token and can no longer learn."
    )

    package static func weigh(_ file: CaseFile) -> Weighing? {
        guard file.shows(.lossPlateau, .gradientVanishing, .slowLearning, .finalLossHigh) else { return nil }
        var weighing = Weighing(prior: -3)
        if file.shows(.gradientVanishing) { weighing.add(1.2, "Hardly any gradient arrives.") }
        if let last = file.facts.checkpoints.last(where: { !$0.zeroShare.isEmpty }), let most = last.zeroShare.max() {
            if most >= CheckpointHealth.dead.value {
                weighing.add(4, "In \(last.name) \(Format.percent(most)) of a layer's MLP activations are zero.")
            } else {
                weighing.add(-1.5, "In \(last.name) no layer's MLP is dead.")
            }
        }
        weighing.nextTest = "log the share of MLP units that are zero for every token of a batch"
        weighing.fix = "Use GELU, or a smaller learning rate and zero biases with ReLU."
        return weighing
    }
}
