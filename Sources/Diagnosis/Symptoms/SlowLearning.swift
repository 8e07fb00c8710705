import Foundation
import Terms
import TrainingLogs

/// The loss falls, but hardly.
package enum SlowLearningRule: SymptomRule {
    private static let most = Threshold(
        "share of the starting loss learned",
        0.1,
        "ratio",
        source: "unigram frequencies alone are worth 10 to 30 % and take a healthy run under 100 steps"
    )
    private static let length = Threshold("length of the run", 200, "steps", source: "four short warm-ups")

    package static let head = RuleHead(
        id: SymptomKind.slowLearning.rawValue,
        title: "Slow learning",
        summary: "After 200 steps or more the loss has fallen steadily, but by less than a tenth.",
        thresholds: [most, length]
    )

    package static func symptoms(in run: RunCurves) -> [Symptom] {
        guard let initial = run.initialLoss, let chance = run.chanceLoss, let final = run.finalLoss,
            run.loss.count >= 20, let first = run.loss.steps.first, let last = run.loss.steps.last,
            Double(last.subtractingStep(first)) + 1 >= length.value, initial > 0.85 * chance
        else { return [] }
        let progress = (initial - final) / initial
        let lowest = (initial - (run.loss.values.min() ?? final)) / initial
        let levels = Blocks(run.loss, count: 12, least: 1).medians
        guard progress >= 0.01, progress < most.value, lowest < 2 * most.value, Trend.kendall(levels) < -0.6
        else { return [] }
        return [
            Symptom(
                kind: .slowLearning,
                firstStep: first,
                lastStep: last,
                severity: .failure,
                summary: """
                    Loss falls from \(Format.loss(initial)) to only \(Format.loss(final)) in \
                    \(last.subtractingStep(first)) steps (\(Format.percent(progress))).
                    """,
                measurements: ["initial": initial, "final": final, "progress": progress]
            )
        ]
    }
}
