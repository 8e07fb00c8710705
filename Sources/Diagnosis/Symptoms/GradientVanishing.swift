import Foundation
import Terms
import TrainingLogs

/// Hardly any gradient arrives.
package enum GradientVanishingRule: SymptomRule {
    private static let low = Threshold(
        "gradient norm",
        0.01,
        "norm",
        source: "training workflow: healthy 0.1 to 10, vanishing below 0.01"
    )
    private static let zero = Threshold("gradient norm of a cut graph", 1e-6, "norm", source: "rounding of zero")
    private static let length = 50

    package static let head = RuleHead(
        id: SymptomKind.gradientVanishing.rawValue,
        title: "Gradient vanishes",
        summary: "The gradient norm stays below 0.01 for 50 records while the loss is far from zero.",
        thresholds: [low, zero]
    )

    package static func symptoms(in run: RunCurves) -> [Symptom] {
        let norms = run.finiteGradientNorm
        var best = 0..<0
        var start = 0
        for index in norms.values.indices {
            if norms.values[index] >= low.value { start = index + 1 }
            if index + 1 - start > best.count { best = start..<(index + 1) }
        }
        guard best.count >= length, let final = run.finalLoss, final > 0.5 else { return [] }
        let level = Robust.median(norms.values[best])
        let first = norms.steps[best.lowerBound]
        return [
            Symptom(
                kind: .gradientVanishing,
                firstStep: first,
                lastStep: norms.steps[best.upperBound - 1],
                severity: level < zero.value ? .failure : .info,
                summary:
                    """
                    Gradient norm is about \(level < 1e-4 ? Format.rate(level) : Format.fixed(level, 4)) from \
                    step \(first) on.
                    """,
                measurements: ["norm": level, "records": Double(best.count)]
            )
        ]
    }
}
