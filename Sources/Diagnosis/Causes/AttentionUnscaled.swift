import TrainingLogs

/// Attention scores are not divided by the square root of the head width and saturate the softmax.
package enum AttentionUnscaledCause: CauseRule {
    package static let kind = CauseKind.attentionUnscaled
    package static let head = RuleHead(
        id: CauseKind.attentionUnscaled.rawValue,
        title: "Attention scores not scaled",
        summary: "Attention scores are not divided by the square root of the head width and saturate the softmax.",
        references: ["loss-curve guide, pattern 6"]
    )

    package static func weigh(_ file: CaseFile) -> Weighing? {
        guard file.shows(.lossNonFinite, .lossPlateau, .lossSpike, .lossDivergence, .slowLearning, .initialLossOff)
        else { return nil }
        var weighing = Weighing(prior: -3.2)
        if let bad = file.nonFiniteOperation, bad.operation.contains("attention") || bad.operation.contains("score") {
            weighing.add(
                3,
                "Replayed, \(bad.operation)\(bad.layer.map { " of layer \($0)" } ?? "") is the first to overflow."
            )
        }
        if let forward = file.facts.forward, forward.match == .attentionUnscaled {
            weighing.add(4, "Replayed without the scale, step \(forward.step) costs just what the log printed.")
        } else if let forward = file.facts.forward, ForwardContrast.agree(forward.logged, forward.replayed) {
            weighing.add(-3, "Replayed with the scale, step \(forward.step) costs just what the log printed.")
        }
        if file.shows(.lossNonFinite), file.age < 200 {
            weighing.add(0.3, "It happens early, as saturated attention does.")
        }
        weighing.nextTest = file.replayTest(
            file.onset,
            ": the deviation of the attention scores should be near 1",
            otherwise: "look for `1 / math.sqrt(k.size(-1))` in the attention of the trainer"
        )
        weighing.fix = "Divide the scores by sqrt(head width) before the softmax."
        return weighing
    }
}
