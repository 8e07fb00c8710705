import Foundation
import Terms
import TrainingLogs

/// The loss never leaves its starting level.
package enum LossFlatRule: SymptomRule {
    private static let learned = Threshold(
        "share of the starting loss learned",
        0.01,
        "ratio",
        source: "a first hundred updates at any useful rate learn 10 %"
    )
    private static let length = Threshold("length of the run", 100, "steps", source: "twice a short warm-up")

    package static let head = RuleHead(
        id: SymptomKind.lossFlat.rawValue,
        title: "Flat line",
        summary: "The loss stays at the level of guessing from the first step on.",
        thresholds: [learned, length]
    )

    package static func symptoms(in run: RunCurves) -> [Symptom] {
        guard let initial = run.initialLoss, let chance = run.chanceLoss, let final = run.finalLoss,
            run.loss.count >= 20, let first = run.loss.steps.first, let last = run.loss.steps.last,
            Double(last.subtractingStep(first)) + 1 >= length.value
        else { return [] }
        let progress = (initial - final) / initial
        let reach = (run.loss.values.min() ?? final) - final
        guard initial > 0.85 * chance, abs(progress) < learned.value, abs(reach) < 0.1 * initial else { return [] }
        let noise = Robust.noise(run.loss.values)
        return [
            Symptom(
                kind: .lossFlat,
                firstStep: first,
                lastStep: last,
                severity: .failure,
                summary: """
                    Loss is \(Format.loss(initial)) at the start and \(Format.loss(final)) after \
                    \(last.subtractingStep(first)) steps: nothing is learned.
                    """,
                measurements: ["initial": initial, "final": final, "progress": progress, "noise": noise]
            )
        ]
    }
}
