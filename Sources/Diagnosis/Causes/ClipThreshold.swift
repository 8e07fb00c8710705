import TrainingLogs

/// The gradient clip is so low that it acts at every step, or so high that it never does.
package enum ClipThresholdCause: CauseRule {
    package static let kind = CauseKind.clipThreshold
    package static let head = RuleHead(
        id: CauseKind.clipThreshold.rawValue,
        title: "Clip threshold does not fit",
        summary: "The gradient clip is so low that it acts at every step, or so high that it never does."
    )

    package static func weigh(_ file: CaseFile) -> Weighing? {
        guard file.shows(.gradientAtClip, .gradientExplosion, .lossSpike, .slowLearning, .lossPlateau),
            let clip = file.run.configuration.gradientClip, clip > 0
        else { return nil }
        var weighing = Weighing(prior: -2.2)
        if let share = file.measured(.gradientAtClip, "share") {
            weighing.add(2.5, "\(Format.percent(share)) of the updates are clipped to \(clip).")
            if let median = file.measured(.gradientAtClip, "median"), median > 20 * clip {
                weighing.add(2, "The median norm is \(Format.ratio(median / clip)) times the threshold.")
            }
        }
        if clip > 2, file.shows(.lossSpike, .gradientExplosion) {
            weighing.add(1.5, "A clip of \(clip) lets large gradients through.")
        }
        weighing.nextTest = "compare the clip with the median gradient norm of a healthy stretch"
        weighing.fix =
            file.shows(.gradientAtClip)
            ? """
            Raise the clip to about twice the median norm \
            (\(Format.fixed(2 * (file.measured(.gradientAtClip, "median") ?? clip), 1))).
            """
            : "Lower the clip from \(clip) to \(min(1, clip / 2))."
        return weighing
    }
}
