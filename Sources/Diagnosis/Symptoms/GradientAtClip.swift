import Foundation
import Terms
import TrainingLogs

extension SymptomKind {
    /// See ``GradientAtClipRule``.
    public static let gradientAtClip = SymptomKind("gradient-at-clip")
}

/// Nearly every update is clipped.
package enum GradientAtClipRule: SymptomRule {
    private static let clippedShare = Threshold(
        "share of clipped updates in the second half",
        0.9,
        "ratio",
        source: "clipping is meant for the exceptions"
    )

    private static let least = Threshold(
        "records of the gradient norm",
        100,
        "records",
        source: "of fifty, nine in ten are at least eight in ten (95 %)"
    )

    private static let grave = Threshold(
        "median norm over the threshold",
        20,
        "ratio",
        source: "gradient norms of healthy runs stay within 0.1 to 10, two decades"
    )

    package static let kind = SymptomKind.gradientAtClip
    package static let head = RuleHead(
        kind,
        title: "Gradient norm at the clip threshold",
        summary: "Nine of ten updates in the second half of the run are clipped: the threshold sets the step size.",
        thresholds: [clippedShare, least, grave]
    )
    package static let needs: [Curve] = [.gradientNorm]
    package static let traits: SymptomTraits = [.lasting, .undated, .setting]

    package static let share = Measure<Double>(kind, "share", "share of records", .share)
    package static let median = Measure<Double>(kind, "median", "median norm")
    package static let clip = Measure<Double>(kind, "clip", "clipping threshold")
    package static let measures = [share.head, median.head, clip.head]

    package static func symptoms(in run: RunCurves) -> [Symptom] {
        let norms = run.finiteGradientNorm
        guard let clip = run.configuration.gradientClip, clip > 0, norms.count >= Int(least.value) else { return [] }
        let half = norms.count / 2
        let clipped = norms.values[half...].filter { $0 >= 0.999 * clip }.count
        let ratio = Double(clipped) / Double(norms.count - half)
        let median = Robust.median(norms.values[half...])
        guard ratio >= clippedShare.value, let last = norms.steps.last else { return [] }
        return [
            Symptom(
                kind: kind,
                firstStep: norms.steps[half],
                lastStep: last,
                severity: median > grave.value * clip ? .warning : .info,
                summary:
                    "\(share: ratio) of the updates since step \(norms.steps[half]) are clipped to \(setting: clip).",
                measurements: Measurements()
                    .with(share, ratio)
                    .with(Self.median, median)
                    .with(Self.clip, clip)
            )
        ]
    }
}
