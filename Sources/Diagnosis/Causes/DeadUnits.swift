import Terms
import TrainingLogs

extension CauseKind {
    /// See ``DeadUnitsCause``.
    public static let deadUnits = CauseKind("dead-units")
}

/// Hidden units are zero for every token and can no longer learn.
package enum DeadUnitsCause: CauseRule {
    package static let kind = CauseKind.deadUnits
    package static let head = RuleHead(
        kind,
        title: "Dead units",
        summary: "Hidden units are zero for every token and can no longer learn."
    )
    package static let explains: Set<SymptomKind> = [.lossPlateau, .gradientVanishing, .slowLearning, .finalLossHigh]

    private static let prior = -3.0
    private static let noGradient = Clue(
        "no-gradient",
        1.2,
        because: "dead units let no gradient through, but other faults do the same",
        "Hardly any gradient arrives."
    )
    private static let deadLayer = Clue<(checkpoint: String, share: Double)>(
        "dead-layer",
        4,
        because: "healthy rectifiers leave 50 to 95 % of the activations zero"
    ) { "In \(quoted: $0.checkpoint) \(share: $0.share) of a layer's MLP activations are zero." }
    private static let noDeadLayer = Clue<String>(
        "no-dead-layer",
        -1.5,
        because: "units may have died after the checkpoint, or outside the MLP"
    ) { "In \(quoted: $0) no layer's MLP is dead." }

    package static func weigh(_ known: Case) -> Weighing? {
        var weighing = Weighing(prior: prior)
        if known.shows(.gradientVanishing) { weighing.add(noGradient) }
        if let last = known.facts.checkpoints.last(where: { !$0.zeroShare.isEmpty }), let most = last.zeroShare.max() {
            if most >= CheckpointHealth.dead.value {
                weighing.add(deadLayer, (last.name, most))
            } else {
                weighing.add(noDeadLayer, last.name)
            }
        }
        return weighing
    }

    package static func nextTest(_ known: Case) -> Phrase {
        "log the share of MLP units that are zero for every token of a batch"
    }

    package static func fix(_ known: Case) -> Advice {
        "Use GELU, or a smaller learning rate and zero biases with ReLU."
    }
}
