import Foundation
import TrainingLogs

/// Nearly every update is clipped.
package enum GradientAtClipRule: SymptomRule {
    private static let share = Threshold(
        "share of clipped updates in the second half",
        0.9,
        "ratio",
        source: "clipping is meant for the exceptions"
    )

    package static let head = RuleHead(
        id: SymptomKind.gradientAtClip.rawValue,
        title: "Gradient norm at the clip threshold",
        summary: "Nine of ten updates in the second half of the run are clipped: the threshold sets the step size.",
        thresholds: [share]
    )

    package static func symptoms(in run: RunCurves) -> [Symptom] {
        let norms = run.gradientNorm.finite
        guard let clip = run.configuration.gradientClip, clip > 0, norms.count >= 200 else { return [] }
        let half = norms.count / 2
        let clipped = norms.values[half...].filter { $0 >= 0.999 * clip }.count
        let ratio = Double(clipped) / Double(norms.count - half)
        guard ratio >= share.value, let last = norms.steps.last else { return [] }
        return [
            Symptom(
                kind: .gradientAtClip,
                firstStep: norms.steps[half],
                lastStep: last,
                severity: .info,
                summary:
                    "\(Format.percent(ratio)) of the updates since step \(norms.steps[half]) are clipped to \(clip).",
                measurements: ["share": ratio, "clip": clip, "median": Robust.median(norms.values[half...])]
            )
        ]
    }
}
