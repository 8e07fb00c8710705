import Foundation
import Terms
import TrainingLogs

extension SymptomKind {
    /// See ``GradientVanishingRule``.
    public static let gradientVanishing = SymptomKind("gradient-vanishing")
}

/// Hardly any gradient arrives.
package enum GradientVanishingRule: SymptomRule {
    private static let low = Threshold(
        "gradient norm",
        0.01,
        "norm",
        source: "training workflow: healthy 0.1 to 10, vanishing below 0.01"
    )
    private static let zero = Threshold("gradient norm of a cut graph", 1e-6, "norm", source: "rounding of zero")
    private static let exact = Threshold(
        "records of a norm of exactly 0 while the loss does not fall",
        10,
        "records",
        source: "no gradient of a finite loss is zero in every digit; where the loss falls, the norm was not computed"
    )
    private static let length = 50

    package static let kind = SymptomKind.gradientVanishing
    package static let head = RuleHead(
        kind,
        title: "Gradient vanishes",
        summary: "The gradient norm stays below 0.01 for 50 records while the loss is far from zero.",
        thresholds: [low, zero, exact]
    )
    package static let needs: [Curve] = [.gradientNorm]
    package static let traits: SymptomTraits = [.lasting]

    package static let norm = Measure<Double>(kind, "norm", "median norm")
    package static let records = Measure<Int>(kind, "records", "length", .records)
    package static let measures = [norm.head, records.head]

    package static func symptoms(in run: RunCurves) -> [Symptom] {
        let norms = run.finiteGradientNorm
        let isZero = norms.count >= Int(exact.value) && norms.values.allSatisfy { $0 == 0 }
        if isZero { return learns(run) ? [] : [cut(norms)] }
        var best = 0..<0
        var start = 0
        for index in norms.values.indices {
            if norms.values[index] >= low.value { start = index + 1 }
            if index + 1 - start > best.count { best = start..<(index + 1) }
        }
        guard best.count >= length, let final = run.finalLoss, final > 0.5 else { return [] }
        let level = Robust.median(norms.values[best])
        let first = norms.steps[best.lowerBound]
        let size: Phrase = level < 1e-4 ? "\(rate: level)" : "\(level, decimals: 4)"
        return [
            Symptom(
                kind: kind,
                firstStep: first,
                lastStep: norms.steps[best.upperBound - 1],
                severity: level < zero.value ? .failure : .info,
                summary: "Gradient norm is about \(size) from step \(first) on.",
                measurements: Measurements()
                    .with(norm, level)
                    .with(records, best.count)
            )
        ]
    }

    /// Whether the loss falls, by the trend of its blocks.
    private static func learns(_ run: RunCurves) -> Bool {
        let levels = Blocks(run.loss, count: 12, least: 1).medians
        return Trend.kendall(levels) < -0.5 && (levels.last ?? 0) < 0.99 * (levels.first ?? 0)
    }

    private static func cut(_ norms: Series) -> Symptom {
        Symptom(
            kind: kind,
            firstStep: norms.steps[0],
            lastStep: norms.steps[norms.count - 1],
            severity: .failure,
            summary:
                "Gradient norm is exactly 0 in all \(count: norms.count, "record"): no gradient reaches the weights.",
            measurements: Measurements().with(norm, 0).with(records, norms.count)
        )
    }
}
