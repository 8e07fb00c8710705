import Terms
import TrainingLogs

extension CauseKind {
    /// See ``ClipThresholdCause``.
    public static let clipThreshold = CauseKind("clip-threshold")
}

/// The gradient clip is so low that it acts at every step, or so high that it never does.
package enum ClipThresholdCause: CauseRule {
    package static let kind = CauseKind.clipThreshold
    package static let head = RuleHead(
        kind,
        title: "Clip threshold does not fit",
        summary: "The gradient clip is so low that it acts at every step, or so high that it never does."
    )
    package static let explains: Set<SymptomKind> = [
        .gradientAtClip, .gradientExplosion, .lossSpike, .slowLearning, .lossPlateau,
    ]
    package static let isSetting = true
    package static let opposites: [CauseKind] = [.gradientClippingMissing]

    // A clip of 1 is common and fits most runs.
    private static let prior = -2.2
    private static let alwaysClipped = Clue<(share: Double, clip: Double)>(
        "always-clipped",
        2.5,
        because: "a clip is meant for rare gradients; some recipes clip always, on purpose"
    ) { "\(share: $0.share) of the updates are clipped to \(setting: $0.clip)." }
    private static let farBelow = Clue<Double>(
        "far-below-norm",
        2,
        because: "healthy norms span two decades, so that no usual threshold is that far off"
    ) { "The median norm is \(ratio: $0) times the threshold." }
    private static let loose = Clue<Double>(
        "clip-loose",
        1.5,
        because: "1.0 is the usual threshold"
    ) { "A clip of \(setting: $0) lets large gradients through." }

    package static func weigh(_ known: Case) -> Weighing? {
        // Without a clip there is no threshold that could be wrong.
        guard let clip = known.run.configuration.gradientClip, clip > 0 else { return nil }
        var weighing = Weighing(prior: prior)
        if let share = known.measured(GradientAtClipRule.share) {
            weighing.add(alwaysClipped, (share, clip))
            if let median = known.measured(GradientAtClipRule.median), median > 20 * clip {
                weighing.add(farBelow, median / clip)
            }
        }
        if clip > 2, known.shows(.lossSpike, .gradientExplosion) { weighing.add(loose, clip) }
        return weighing
    }

    package static func nextTest(_ known: Case) -> Phrase {
        "compare the clip with the median gradient norm of a healthy stretch"
    }

    package static func fix(_ known: Case) -> Advice {
        let clip = known.run.configuration.gradientClip ?? 1
        if known.shows(.gradientAtClip) {
            let median = known.measured(GradientAtClipRule.median) ?? clip
            return "Raise the clip to about twice the median norm (\(2 * median, decimals: 1))."
        }
        return "Lower the clip from \(setting: clip) to \(setting: min(1, clip / 2))."
    }
}
