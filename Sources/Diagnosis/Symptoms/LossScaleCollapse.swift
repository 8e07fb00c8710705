import Foundation
import Terms
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

    private static let search = Threshold(
        "updates in which a scale is still searched for",
        50,
        "updates",
        source: "from 2^32 to 1 takes 32 halvings"
    )
    private static let row = Threshold(
        "updates skipped in a row, after the first 50",
        5,
        "updates",
        source: "a dynamic scale halves once or twice and then holds for a thousand steps"
    )

    package static let head = RuleHead(
        id: SymptomKind.lossScaleCollapse.rawValue,
        title: "Loss scale collapses",
        summary: "Overflow after overflow halves the loss scale: the activations are too large throughout.",
        thresholds: [least, halvings, search, row]
    )

    package static func symptoms(in run: RunCurves) -> [Symptom] {
        let found = collapse(in: run)
        return found.isEmpty ? skipped(in: run) : found
    }

    /// Updates that were skipped, where the log says so without a curve of the scale.
    private static func skipped(in run: RunCurves) -> [Symptom] {
        guard run.isLast else { return [] }
        let start = run.history.stepBase.addingStep(Int(search.value))
        let skips = run.history.events.filter { $0.kind == .skippedUpdate }
        let late = skips.compactMap { $0.step.map { max($0, 0) } }.filter { $0 >= start }.sorted()
        guard let first = late.first, let last = late.last else { return [] }
        var best = (first: first, last: first, count: 0)
        var current = best
        for step in late {
            if step.subtractingStep(current.last) > 2 * run.interval { current = (step, step, 0) }
            current = (current.first, step, current.count + 1)
            if current.count > best.count { best = current }
        }
        let inRow = best.count
        let isGrave = Double(inRow) >= row.value && best.last.subtractingStep(best.first) <= 2 * inRow
        // Nothing but skipped updates to the end of the log: no weight has moved since.
        let isEnd = isGrave && best.last == last && (run.latestStep ?? .min) <= last.addingStep(2 * run.interval)
        let from = isGrave ? best.first : first
        let to = isGrave ? best.last : last
        return [
            Symptom(
                kind: .lossScaleCollapse,
                firstStep: from,
                lastStep: to,
                severity: isGrave ? isEnd ? .failure : .warning : .info,
                summary: isGrave
                    ? "\(inRow) updates in a row are skipped for overflow from step \(from) on\(isEnd ? ", to the end of the log: training has stopped" : ": no loss scale is low enough")."
                    : "The trainer skipped updates for overflow in \(Format.count(late.count, "line")) of the log, the first at step \(from).",
                measurements: ["skipped": Double(late.count), "inRow": Double(inRow), "lasting": isEnd ? 1 : 0]
            )
        ]
    }

    private static func collapse(in run: RunCurves) -> [Symptom] {
        // Some trainers print -1 where there is no scale.
        let scales = run.lossScale.positive
        guard scales.count >= 2 else { return [] }
        let isEarly = scales.steps[0].subtractingStep(run.history.stepBase) <= Int(search.value)
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
            let isStart = topIndex == 0 && (run.startsAtBeginning || isEarly) && value >= least.value
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
