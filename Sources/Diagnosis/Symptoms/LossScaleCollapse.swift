import Foundation
import TrainingLogs

/// The loss scale of fp16 training falls and falls.
package enum LossScaleCollapseRule: SymptomRule {
    private static let least = Threshold("loss scale", 1, "scale", source: "decision tree, Q3.2: collapsed to < 1")
    private static let halvings = Threshold(
        "halvings without a doubling between",
        6,
        "halvings",
        source: "one or two overflows follow every doubling; the first search for a scale does not count"
    )

    package static let head = RuleHead(
        id: SymptomKind.lossScaleCollapse.rawValue,
        title: "Loss scale collapses",
        summary: "Overflow after overflow halves the loss scale: the activations are too large throughout.",
        thresholds: [least, halvings]
    )

    package static func symptoms(in run: RunCurves) -> [Symptom] {
        let scales = run.lossScale
        guard scales.count >= 2 else { return [] }
        var top = scales.values[0]
        var topIndex = 0
        var found: (from: Int, to: Int, factor: Double)?
        for index in scales.values.indices {
            let value = scales.values[index]
            if value >= scales.values[max(0, index - 1)] {
                top = value
                topIndex = index
            }
            let factor = value > 0 ? top / value : .infinity
            let isStart = topIndex == 0 && run.startsAtBeginning && value >= least.value
            guard !isStart else { continue }
            if factor >= pow(2, halvings.value) || value < least.value && factor > 1,
                found == nil || factor > found?.factor ?? 0
            {
                found = (topIndex, index, factor)
            }
        }
        guard let found else { return [] }
        let (first, last) = (scales.steps[min(found.from + 1, found.to)], scales.steps[found.to])
        return [
            Symptom(
                kind: .lossScaleCollapse,
                firstStep: first,
                lastStep: last,
                severity: .warning,
                summary: """
                    Loss scale falls from \(Format.ratio(scales.values[found.from])) to \
                    \(Format.rate(scales.values[found.to])) between steps \(first) and \(last).
                    """,
                measurements: [
                    "from": scales.values[found.from], "to": scales.values[found.to], "factor": found.factor,
                ]
            )
        ]
    }
}
