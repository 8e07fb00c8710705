import Foundation
import Terms
import TrainingLogs

extension SymptomKind {
    /// See ``LossScaleCollapseRule``.
    public static let lossScaleCollapse = SymptomKind("loss-scale-collapse")
}

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

    package static let kind = SymptomKind.lossScaleCollapse
    package static let head = RuleHead(
        kind,
        title: "Loss scale collapses",
        summary: "Overflow after overflow halves the loss scale: the activations are too large throughout.",
        thresholds: [least, halvings, search, row]
    )
    package static let needs: [Curve] = [.lossScale]
    package static let traits: SymptomTraits = [.arithmetic]

    package static let from = Measure<Double>(kind, "from", "loss scale before")
    package static let to = Measure<Double>(kind, "to", "loss scale after")
    package static let factor = Measure<Double>(kind, "factor", "fall of the loss scale", .times)
    package static let skipped = Measure<Int>(kind, "skipped", "updates skipped", .count)
    package static let inRow = Measure<Int>(kind, "inRow", "updates skipped in a row", .count)
    package static let lasting = Measure<Bool>(kind, "lasting", "stays so to the end", .state)
    package static let measures = [from.head, to.head, factor.head, skipped.head, inRow.head, lasting.head]

    package static func symptoms(in run: RunCurves) -> [Symptom] {
        let found = collapse(in: run)
        return found.isEmpty ? skips(in: run) : found
    }

    /// Updates that were skipped, where the log reports them without a curve of the scale.
    private static func skips(in run: RunCurves) -> [Symptom] {
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
        let longest = best.count
        let isGrave = Double(longest) >= row.value && best.last.subtractingStep(best.first) <= 2 * longest
        // Nothing but skipped updates to the end of the log: no weight has moved since.
        let isEnd = isGrave && best.last == last && (run.latestStep ?? .min) <= last.addingStep(2 * run.interval)
        let from = isGrave ? best.first : first
        let to = isGrave ? best.last : last
        let ending: Phrase =
            isEnd ? ", to the end of the log: training has stopped" : ": no loss scale is low enough"
        return [
            Symptom(
                kind: kind,
                firstStep: from,
                lastStep: to,
                severity: isGrave ? isEnd ? .failure : .warning : .info,
                summary: isGrave
                    ? "\(count: longest, "update") in a row are skipped for overflow from step \(from) on\(ending)."
                    : """
                    The trainer skipped updates for overflow in \(count: late.count, "line") of the log, the first at \
                    step \(from).
                    """,
                measurements: Measurements()
                    .with(skipped, late.count)
                    .with(inRow, longest)
                    .with(lasting, isEnd)
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
                kind: kind,
                firstStep: first,
                lastStep: last,
                severity: .warning,
                summary: """
                    Loss scale falls from \(ratio: scales.values[found.from]) to \
                    \(rate: scales.values[found.to]) between steps \(first) and \(last).
                    """,
                measurements: Measurements()
                    .with(from, scales.values[found.from])
                    .with(to, scales.values[found.to])
                    .with(factor, found.factor)
            )
        ]
    }
}
