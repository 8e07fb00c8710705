import Foundation
import Terms
import TrainingLogs

extension SymptomKind {
    /// See ``SlowLearningRule``.
    public static let slowLearning = SymptomKind("slow-learning")
}

/// The loss falls, but too slowly.
package enum SlowLearningRule: SymptomRule {
    private static let most = Threshold(
        "share of the starting loss learned",
        0.1,
        "ratio",
        source: "unigram frequencies alone are worth 10 to 30 % and take a healthy run under 100 steps"
    )
    private static let length = Threshold("length of the run", 200, "steps", source: "four short warm-ups")

    package static let kind = SymptomKind.slowLearning
    package static let head = RuleHead(
        kind,
        title: "Slow learning",
        summary: "After 200 steps or more the loss has fallen steadily, but by less than a tenth.",
        thresholds: [most, length]
    )
    package static let needs: [Curve] = [.trainingLoss]
    package static let traits: SymptomTraits = [.lasting, .bounded]

    package static let initial = Measure<Double>(kind, "initial", "loss at the start")
    package static let final = Measure<Double>(kind, "final", "loss at the end")
    package static let progress = Measure<Double>(kind, "progress", "learned of the loss at the start", .share)
    package static let measures = [initial.head, final.head, progress.head]

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
                kind: kind,
                firstStep: first,
                lastStep: last,
                severity: .failure,
                summary: """
                    Loss falls from \(loss: initial) to only \(loss: final) in \
                    \(count: last.subtractingStep(first), "step") (\(share: progress)).
                    """,
                measurements: Measurements()
                    .with(Self.initial, initial)
                    .with(Self.final, final)
                    .with(Self.progress, progress)
            )
        ]
    }
}
