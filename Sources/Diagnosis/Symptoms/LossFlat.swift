import Foundation
import Terms
import TrainingLogs

extension SymptomKind {
    /// See ``LossFlatRule``.
    public static let lossFlat = SymptomKind("loss-flat")
}

/// The loss never leaves its starting level.
package enum LossFlatRule: SymptomRule {
    private static let learned = Threshold(
        "share of the starting loss learned",
        0.01,
        "ratio",
        source: "a first hundred updates at any useful rate learn 10 %"
    )
    private static let length = Threshold("length of the run", 100, "steps", source: "twice a short warm-up")

    package static let kind = SymptomKind.lossFlat
    package static let head = RuleHead(
        kind,
        title: "Flat line",
        summary: "The loss stays at the level of guessing from the first step on.",
        thresholds: [learned, length]
    )
    package static let needs: [Curve] = [.trainingLoss]
    package static let traits: SymptomTraits = [.lasting, .bounded]
    package static let suspicion = 6

    package static let initial = Measure<Double>(kind, "initial", "loss at the start")
    package static let final = Measure<Double>(kind, "final", "loss at the end")
    package static let progress = Measure<Double>(kind, "progress", "learned of the loss at the start", .share)
    package static let noise = Measure<Double>(kind, "noise", "noise between records")
    package static let measures = [initial.head, final.head, progress.head, noise.head]

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
                kind: kind,
                firstStep: first,
                lastStep: last,
                severity: .failure,
                summary: """
                    Loss is \(loss: initial) at the start and \(loss: final) after \
                    \(count: last.subtractingStep(first), "step"): nothing is learned.
                    """,
                measurements: Measurements()
                    .with(Self.initial, initial)
                    .with(Self.final, final)
                    .with(Self.progress, progress)
                    .with(Self.noise, noise)
            )
        ]
    }

    package static func suspectSteps(of symptom: Symptom, in run: RunCurves) -> [Int] {
        [symptom.firstStep]
    }
}
