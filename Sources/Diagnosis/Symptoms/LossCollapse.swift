import Foundation
import Terms
import TrainingLogs

extension SymptomKind {
    /// See ``LossCollapseRule``.
    public static let lossCollapse = SymptomKind("loss-collapse")
}

/// The loss goes to zero: no text is that predictable.
package enum LossCollapseRule: SymptomRule {
    private static let floor = Threshold(
        "loss at the end",
        0.05,
        "nats per token",
        source: "English costs about 0.6 nats per character (Shannon, 1951)"
    )
    private static let unit = Threshold(
        "first loss",
        30,
        "nats per token",
        source: "the widest initialisations start at 24; beyond it the loss is a sum or a squared error"
    )
    private static let fresh = Threshold(
        "first loss, in a log of fewer than 20 records",
        5,
        "nats per token",
        source: "a fresh model of 150 symbols and more; fewer records cannot tell learning by heart"
    )

    package static let kind = SymptomKind.lossCollapse
    package static let head = RuleHead(
        kind,
        title: "Loss collapses to zero",
        summary: "Training loss ends below what any text allows: the targets leak into the inputs, or it is memorised.",
        thresholds: [floor, unit, fresh],
        references: ["Shannon, Prediction and entropy of printed English, 1951"]
    )
    package static let needs: [Curve] = [.trainingLoss]
    package static let traits: SymptomTraits = [.lasting, .ruin]
    package static let suspicion = 6

    package static let initial = Measure<Double>(kind, "initial", "loss at the start")
    package static let reachedStep = Measure<Int>(kind, "reachedStep", "reached at", .step)
    package static let final = Measure<Double>(kind, "final", "loss at the end")
    package static let measures = [initial.head, reachedStep.head, final.head]

    package static func symptoms(in run: RunCurves) -> [Symptom] {
        if run.loss.count < ShortLog.least { return short(in: run) }
        // The second record may be zero already.
        let initial = max(run.initialLoss ?? 0, run.loss.values[0])
        guard initial >= 1, initial <= unit.value, let final = run.finalLoss, final < floor.value,
            let last = run.loss.steps.last
        else { return [] }
        let reached = run.loss.values.firstIndex { $0 < 0.1 } ?? 0
        let start = run.loss.values[0..<reached].lastIndex { $0 > 0.9 * initial } ?? 0
        return [
            Symptom(
                kind: kind,
                firstStep: run.loss.steps[start],
                lastStep: last,
                severity: .failure,
                summary: """
                    Loss falls from \(loss: initial) to \(loss: final), below 0.1 from step \
                    \(run.loss.steps[reached]) on: no text is that predictable.
                    """,
                measurements: Measurements()
                    .with(Self.initial, initial)
                    .with(reachedStep, run.loss.steps[reached])
                    .with(Self.final, final)
            )
        ]
    }

    package static func suspectSteps(of symptom: Symptom, in run: RunCurves) -> [Int] {
        [symptom.firstStep]
    }

    /// A log of a few records that goes from the loss of a fresh model to nothing: nobody learns so fast.
    private static func short(in run: RunCurves) -> [Symptom] {
        let values = run.loss.values
        guard values.count >= 3, let first = values.first, first >= fresh.value, first <= unit.value,
            values.suffix(2).allSatisfy({ $0 < floor.value }), let last = run.loss.steps.last,
            let reached = values.firstIndex(where: { $0 < 0.1 })
        else { return [] }
        return [
            Symptom(
                kind: kind,
                firstStep: run.loss.steps[reached],
                lastStep: last,
                severity: .failure,
                summary: """
                    Loss is \(loss: first) at step \(run.loss.steps[0]) and \(loss: values[reached]) at step \
                    \(run.loss.steps[reached]): no text is learned so fast.
                    """,
                measurements: Measurements()
                    .with(initial, first)
                    .with(reachedStep, run.loss.steps[reached])
                    .with(final, values[values.count - 1])
            )
        ]
    }
}
