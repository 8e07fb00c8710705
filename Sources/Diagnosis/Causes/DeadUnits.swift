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
        weighing.nextTest = "log the share of MLP units that are zero for every token of a batch"
        weighing.fix = "Use GELU, or a smaller learning rate and zero biases with ReLU."
        return weighing
    }
}
