import TrainingLogs

/// The targets are not the next tokens: they leak into the inputs, or do not belong to them.
package enum TargetsMisalignedCause: CauseRule {
    package static let kind = CauseKind.targetsMisaligned
    package static let head = RuleHead(
        id: CauseKind.targetsMisaligned.rawValue,
        title: "Targets misaligned",
        summary: "The targets are not the next tokens: they leak into the inputs, or do not belong to them.",
        references: ["loss-curve guide, pattern 2"]
    )

    package static func weigh(_ file: CaseFile) -> Weighing? {
        guard file.shows(.lossCollapse, .lossPlateau, .lossFlat, .slowLearning, .overfitting) else { return nil }
        var weighing = Weighing(prior: -1.6)
        if file.shows(.lossCollapse) {
            weighing.add(
                2,
                """
                The training loss ends at \(Format.loss(file.measured(.lossCollapse, "final") ?? 0)): the answer \
                is in the input.
                """
            )
            if let reached = file.measured(.lossCollapse, "reachedStep"), reached < 500 {
                weighing.add(1, "It is below 0.1 by step \(Int(step: reached)), faster than text is memorised.")
            }
            let values = file.run.validation.values
            if let first = values.first, let last = values.last, last > first {
                weighing.add(
                    1.5,
                    "Validation loss rises from \(Format.loss(first)) from the start on, to \(Format.loss(last))."
                )
            }
        } else if file.shows(.overfitting) {
            weighing.add(-2, "The training loss does not collapse.")
        }
        if file.shows(.lossPlateau, .slowLearning), let chance = file.run.chanceLoss, let final = file.run.finalLoss {
            if final > 0.8 * chance, (file.rateExcess ?? 1) < 1.5, (file.rateExcess ?? 1) > 0.02 {
                weighing.add(
                    2.2,
                    """
                    The loss stays at \(Format.percent(final / chance)) of guessing at an ordinary rate: only \
                    token frequencies are learned.
                    """
                )
            }
        }
        if let entropy = file.facts.unigramEntropy, let final = file.run.finalLoss, !file.shows(.lossCollapse) {
            if abs(final - entropy) < 0.05 * entropy {
                let isHigh = (file.rateExcess ?? 1) > 1.5
                weighing.add(
                    isHigh ? 0.5 : 3,
                    """
                    The loss ends at \(Format.loss(final)), the entropy of single tokens in the shards \
                    (\(Format.loss(entropy))): frequencies are all that was learned.
                    """
                )
            } else if final < 0.9 * entropy {
                weighing.add(-1.5, "The loss falls below the entropy of single tokens, \(Format.loss(entropy)).")
            }
        }
        if let forward = file.facts.forward, forward.match == .targetsAreInputs {
            weighing.add(4, "With the inputs as targets step \(forward.step) costs just what the log printed.")
        }
        if file.shows(.lossFlat) { weighing.add(-1, "Even token frequencies are not learned.") }
        weighing.nextTest =
            "print inputs[0][:8] beside targets[0][:8]: they must be one apart"
        weighing.fix = "Shift by one: targets[t] = tokens[t + 1]; check the causal mask."
        return weighing
    }
}
