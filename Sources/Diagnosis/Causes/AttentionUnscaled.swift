import Terms
import TrainingLogs

extension CauseKind {
    /// See ``AttentionUnscaledCause``.
    public static let attentionUnscaled = CauseKind("attention-unscaled")
}

/// Attention scores are not divided by the square root of the head width and saturate the softmax.
package enum AttentionUnscaledCause: CauseRule {
    package static let kind = CauseKind.attentionUnscaled
    package static let head = RuleHead(
        kind,
        title: "Attention scores not scaled",
        summary: "Attention scores are not divided by the square root of the head width and saturate the softmax.",
        references: ["loss-curve guide, pattern 6"]
    )
    package static let explains: Set<SymptomKind> = [
        .lossNonFinite, .lossPlateau, .lossSpike, .lossDivergence, .slowLearning, .initialLossOff,
    ]
    package static let isSetting = true

    // Published trainers scale; without a replay the cause stays at the end of the list.
    private static let prior = -3.2
    private static let overflow = Clue<NonFiniteActivation>(
        "attention-overflows",
        3,
        because: "scores grow with the head width where nothing divides them"
    ) { bad in
        let layer: Phrase = bad.layer.map { " of layer \($0)" } ?? Phrase()
        return "Replayed, \(quoted: bad.operation)\(layer) is the first operation to overflow."
    }
    private static let unscaledAgrees = Clue<Int>(
        "unscaled-agrees",
        4,
        because: "a loss that agrees within rounding in one way only shows how it was computed"
    ) { "Replayed without the scale, step \($0) has the loss that the log printed." }
    private static let scaledAgrees = Clue<Int>(
        "scaled-agrees",
        -3,
        because: "the trainer's forward pass is the one that scales"
    ) { "Replayed with the scale, step \($0) has the loss that the log printed." }
    private static let early = Clue(
        "early",
        0.3,
        because: "judgement: saturated attention fails early, and so do other faults",
        "It happens early, as saturated attention does."
    )
    private static let earlyUpdates = 200

    package static func weigh(_ known: Case) -> Weighing? {
        var weighing = Weighing(prior: prior)
        if let bad = known.nonFiniteOperation, bad.part == .attention { weighing.add(overflow, bad) }
        if let forward = known.facts.forward, forward.match == .attentionUnscaled {
            weighing.add(unscaledAgrees, forward.step)
        } else if let forward = known.facts.forward, ForwardContrast.agree(forward.logged, forward.replayed) {
            weighing.add(scaledAgrees, forward.step)
        }
        if known.shows(.lossNonFinite), known.age < earlyUpdates { weighing.add(early) }
        return weighing
    }

    package static func nextTest(_ known: Case) -> Phrase {
        known.replayTest(
            known.onset,
            ": the deviation of the attention scores should be near 1",
            otherwise: "look for \(quoted: "1 / math.sqrt(k.size(-1))") in the attention of the trainer"
        )
    }

    package static func fix(_ known: Case) -> Advice { "Divide the scores by sqrt(head width) before the softmax." }
}
