import Foundation
import Terms
import TrainingLogs

extension SymptomKind {
    /// See ``SlowRiseRule``.
    public static let slowRise = SymptomKind("slow-rise")
}

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

    package static let kind = SymptomKind.slowRise
    package static let head = RuleHead(
        kind,
        title: "Loss creeps up",
        summary: "Level by level the loss has risen over the last 200 steps or more, without a jump.",
        thresholds: [duration, height, certainty]
    )
    package static let needs: [Curve] = [.trainingLoss]
    package static let traits: SymptomTraits = [.lasting, .rise]

    package static let lowest = Measure<Double>(kind, "lowest", "lowest level")
    package static let lowestStep = Measure<Int>(kind, "lowestStep", "lowest level at", .step)
    package static let rise = Measure<Double>(kind, "rise", "rise")
    package static let steps = Measure<Int>(kind, "steps", "length of the rise", .steps)
    package static let final = Measure<Double>(kind, "final", "loss at the end")
    package static let measures = [lowest.head, lowestStep.head, rise.head, steps.head, final.head]

    package static func symptoms(in run: RunCurves) -> [Symptom] {
        guard run.loss.count >= 60 else { return [] }
        let blocks = Blocks(run.loss, count: 50, least: 10)
        let levels = blocks.medians
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
                kind: kind,
                firstStep: first,
                lastStep: last,
                severity: .warning,
                summary: """
                    Loss has crept from \(loss: lowest) (near step \(blocks.firstSteps[at])) to \
                    \(loss: end) at step \(last).
                    """,
                measurements: Measurements()
                    .with(Self.lowest, lowest)
                    .with(lowestStep, blocks.firstSteps[at])
                    .with(Self.rise, rise)
                    .with(Self.steps, steps)
                    .with(final, end)
            )
        ]
    }
}
