import Foundation
import Terms
import TrainingLogs

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

    package static let head = RuleHead(
        id: SymptomKind.lossCollapse.rawValue,
        title: "Loss collapses to zero",
        summary: "Training loss ends below what any text allows: the targets leak into the inputs, or it is memorised.",
        thresholds: [floor, unit, fresh],
        references: ["Shannon, Prediction and entropy of printed English, 1951"]
    )

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
                kind: .lossCollapse,
                firstStep: run.loss.steps[start],
                lastStep: last,
                severity: .failure,
                summary: """
                    Loss falls from \(Format.loss(initial)) to \(Format.loss(final)), below 0.1 from step \
                    \(run.loss.steps[reached]) on: no text is that predictable.
                    """,
                measurements: [
                    "initial": initial, "final": final, "reachedStep": Double(run.loss.steps[reached]),
                ]
            )
        ]
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
                kind: .lossCollapse,
                firstStep: run.loss.steps[reached],
                lastStep: last,
                severity: .failure,
                summary: """
                    Loss is \(Format.loss(first)) at step \(run.loss.steps[0]) and \(Format.loss(values[reached])) at step \
                    \(run.loss.steps[reached]): no text is learned so fast.
                    """,
                measurements: [
                    "initial": first, "final": values[values.count - 1],
                    "reachedStep": Double(run.loss.steps[reached]),
                ]
            )
        ]
    }
}
