import Terms
import TrainingLogs

/// Something that checkpoints show and the loss hides.
public enum CheckpointSign: String, Sendable, Codable, CaseIterable {
    /// Layers whose MLP units are zero for every token.
    case deadUnits = "dead-units"
    /// A step that agrees with the log without the scale of the attention scores only.
    case attentionUnscaled = "attention-unscaled"
    /// A step that agrees with the log with the inputs as targets only.
    case targets
    /// A step that agrees with the log in no known way.
    case forward
    /// Attention that looks at single tokens only.
    case attentionPeaked = "attention-peaked"
    /// Gradients of the layers that lie far apart.
    case gradientSpread = "gradient-spread"
    /// Activations beyond what half precision holds.
    case activations
}

/// What checkpoints show that the loss hides.
package enum CheckpointHealth {
    /// Share of zero activations from which a layer counts as dead.
    package static let dead = Threshold(
        "share of MLP activations that are zero",
        0.995,
        "ratio",
        source: "healthy rectifiers leave 50 to 95 % zero"
    )
    /// Deviation of the attention scores from which the softmax is saturated.
    package static let peaked = Threshold(
        "summed squares of the attention rows",
        0.95,
        "ratio",
        source: "1 where every head looks at one token; healthy layers stay below 0.7"
    )
    /// Spread of the gradient over the layers.
    package static let spread = Threshold(
        "largest over smallest gradient norm of the layers",
        100,
        "ratio",
        source: "training workflow: within two orders of magnitude"
    )
    /// The largest number that half precision holds.
    package static let half = Threshold("largest activation", 65_504, "value", source: "the largest fp16 number")

    package static func remarks(_ facts: RunFacts) -> [Remark] {
        [deadLayers(facts), forward(facts), peakedAttention(facts), gradients(facts), activations(facts)].compactMap {
            $0
        }
    }

    private static func deadLayers(_ facts: RunFacts) -> Remark? {
        guard let last = facts.checkpoints.last(where: { !$0.zeroShare.isEmpty }) else { return nil }
        let layers = last.zeroShare.indices.filter { last.zeroShare[$0] >= dead.value }
        guard let first = layers.first else { return nil }
        let names: Phrase =
            layers.count == last.zeroShare.count
            ? "all \(layers.count) layers"
            : "\(layers.count == 1 ? "layer" : "layers") \(layers, atMost: 6)"
        return Remark(
            .checkpoint(.deadUnits),
            title: "The MLP units of \(names) are dead",
            severity: .warning,
            cause: .deadUnits,
            confidence: 0.95,
            evidence: [
                """
                In checkpoint \(quoted: last.name), \(share: last.zeroShare[first]) of the activations of layer \(first)'s MLP \
                are exactly zero over a whole batch: the units no longer fire and get no gradient.
                """
            ],
            nextTest: "\(.replay(step: last.step.addingStep(1))): the zeros of each \(quoted: "activation")",
            fix: "Use GELU, or start rectifiers with zero biases; lower the learning rate if they died on the way."
        )
    }

    private static func forward(_ facts: RunFacts) -> Remark? {
        guard let forward = facts.forward, !ForwardContrast.agree(forward.logged, forward.replayed) else { return nil }
        let seen: Phrase = """
            The log prints a loss of \(loss: forward.logged) for step \(forward.step); replayed under the weights of \
            \(quoted: forward.checkpoint), from which that step started, its batch has \(loss: forward.replayed).
            """
        switch forward.match {
        case .attentionUnscaled:
            return Remark(
                .checkpoint(.attentionUnscaled),
                title: "The model was trained without the scale of the attention scores",
                severity: .warning,
                cause: .attentionUnscaled,
                confidence: 0.97,
                evidence: [seen, "Without the division by sqrt(head width) it has the loss that the log printed."],
                nextTest: "look for \(quoted: "1 / math.sqrt(k.size(-1))") in the attention of the trainer",
                fix: "Divide the scores by sqrt(head width) before the softmax, and train again."
            )
        case .targetsAreInputs:
            return Remark(
                .checkpoint(.targets),
                title: "The model was trained to repeat its input",
                severity: .failure,
                cause: .targetsMisaligned,
                confidence: 0.98,
                evidence: [seen, "With the inputs as targets it has the loss that the log printed."],
                nextTest: "print inputs[0][:8] beside targets[0][:8]: they must be one apart",
                fix: "Shift by one: targets[t] = tokens[t + 1]."
            )
        case .some(let activation):
            return Remark(
                .setting(key: "model.activation"),
                title: "The model was trained with another activation than is configured",
                severity: .info,
                evidence: [seen, "With \(quoted: activation.rawValue) it has the loss that the log printed."],
                fix: "Set \(quoted: "model.activation") to \(quoted: activation.rawValue) in audit.yaml."
            )
        case nil:
            return Remark(
                .checkpoint(.forward),
                title: "A replayed step does not have the loss that the log printed",
                severity: .info,
                evidence: [
                    seen,
                    """
                    Either the batch is not the one that was read, or the forward pass of the trainer is not that of a \
                    GPT-2.
                    """,
                ],
                nextTest: """
                    \(.read(step: forward.step)), and print the first tokens of that step in the trainer: they must be \
                    the same
                    """,
                fix: "Check \(quoted: "order") and \(quoted: "model") in audit.yaml against the trainer's command line."
            )
        }
    }

    private static func peakedAttention(_ facts: RunFacts) -> Remark? {
        guard let last = facts.checkpoints.last(where: { !$0.attentionPeak.isEmpty }),
            let layer = last.attentionPeak.indices.first(where: { last.attentionPeak[$0] > peaked.value })
        else { return nil }
        return Remark(
            .checkpoint(.attentionPeaked),
            title: "Attention of layer \(layer) looks at single tokens only",
            severity: .info,
            cause: .attentionUnscaled,
            evidence: [
                """
                In checkpoint \(quoted: last.name) the summed squares of layer \(layer)'s attention rows are \
                \(last.attentionPeak[layer], decimals: 2) on average, with scores of deviation \
                \(ratio: last.scoreDeviation[layer]): entropy is nearly zero.
                """
            ],
            nextTest: "\(.replay(step: last.step.addingStep(1))): the deviation of \(quoted: "attention-scores")",
            fix: "Check the scale of the scores; normalise queries and keys if it is right."
        )
    }

    private static func gradients(_ facts: RunFacts) -> Remark? {
        guard let last = facts.checkpoints.last(where: { $0.layerGradients != nil }), let range = last.layerGradients,
            range.upperBound > spread.value * range.lowerBound
        else { return nil }
        return Remark(
            .checkpoint(.gradientSpread),
            title: "The layers' gradients lie \(ratio: range.upperBound / max(range.lowerBound, 1e-30)) times apart",
            severity: .info,
            cause: .initialization,
            evidence: [
                """
                In checkpoint \(quoted: last.name) the gradient norm of the layers goes from \(rate: range.lowerBound) to \
                \(rate: range.upperBound); healthy layers lie within two orders of magnitude.
                """
            ],
            nextTest: "\(.replay(step: last.step.addingStep(1))): gradient norms by parameter",
            fix:
                "Check residual connections, normalisation and the initial weights of the layers with the least gradient."
        )
    }

    private static func activations(_ facts: RunFacts) -> Remark? {
        guard let worst = facts.soundCheckpoints.max(by: { $0.largestActivation < $1.largestActivation }),
            worst.largestActivation > half.value
        else { return nil }
        return Remark(
            .checkpoint(.activations),
            title: "Activations exceed what half precision holds",
            severity: .info,
            cause: .precisionOverflow,
            evidence: [
                """
                In checkpoint \(quoted: worst.name) \(quoted: worst.largestOperation) reaches \
                \(rate: worst.largestActivation); fp16 ends at 65504.
                """
            ],
            nextTest: "\(.replay(step: worst.step.addingStep(1), precision: "fp16"))",
            fix: "Train in bf16, or find what makes the residual stream grow."
        )
    }
}
