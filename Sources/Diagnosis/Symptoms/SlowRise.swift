import Foundation
import Terms
import TrainingLogs

/// Silent divergence: the loss creeps up.
package enum SlowRiseRule: SymptomRule {
    private static let duration = Threshold("length of the rise", 200, "steps", source: "decision tree, Q4.1")
    private static let height = Threshold(
        "rise above the lowest level",
        0.02,
        "ratio",
        source: "seven times the block error in a run of 1 % noise"
    )
    private static let certainty = Threshold(
        "Kendall's tau of the levels since the lowest",
        0.5,
        "tau",
        source: "p < 0.001 for the usual 25 blocks"
    )

    package static let head = RuleHead(
        id: SymptomKind.slowRise.rawValue,
        title: "Loss creeps up",
        summary: "Level by level the loss has risen over the last 200 steps or more, without a jump.",
        thresholds: [duration, height, certainty]
    )

    package static func symptoms(in run: RunCurves) -> [Symptom] {
        guard run.loss.count >= 60 else { return [] }
        let blocks = Blocks(run.loss, count: 50, least: 10)
        let levels = blocks.medians
        guard run.dips.isEmpty else { return [] }
        guard let lowest = levels.min(), let at = levels.firstIndex(of: lowest) else { return [] }
        let rising = Array(levels[at...])
        guard rising.count >= 6, let last = run.loss.steps.last else { return [] }
        let steps = last.subtractingStep(blocks.firstSteps[at])
        let end = Robust.median(rising.suffix(3))
        let rise = end - lowest
        guard Double(steps) >= duration.value, rise > height.value * abs(lowest), rise > 6 * blocks.error,
            Trend.kendall(rising) >= certainty.value, !ValidationTrend.falls(after: blocks.firstSteps[at], in: run)
        else { return [] }
        let limit = lowest + 0.4 * rise
        let onsetBlock = levels.indices.reversed().first { $0 <= at || levels[$0] < limit } ?? at
        let first = blocks.firstSteps[min(onsetBlock + 1, levels.count - 1)]
        return [
            Symptom(
                kind: .slowRise,
                firstStep: first,
                lastStep: last,
                severity: .warning,
                summary: """
                    Loss has crept from \(Format.loss(lowest)) (near step \(blocks.firstSteps[at])) to \
                    \(Format.loss(end)) at step \(last).
                    """,
                measurements: [
                    "lowest": lowest, "lowestStep": Double(blocks.firstSteps[at]), "final": end, "rise": rise,
                    "steps": Double(steps),
                ]
            )
        ]
    }
}
