import Foundation
import Terms
import TrainingLogs

/// The gradient norm jumps far above its past, or is not finite.
package enum GradientExplosionRule: SymptomRule {
    private static let factor = Threshold(
        "norm over its rolling mean",
        30,
        "ratio",
        source: "decision tree, Q2.3: above 30 times the rolling mean"
    )
    private static let harm = Threshold(
        "norm over its rolling median when the loss jumps within five steps",
        5,
        "ratio",
        source: "log-normal norms of healthy runs vary by a factor of two"
    )

    package static let head = RuleHead(
        id: SymptomKind.gradientExplosion.rawValue,
        title: "Gradient norm explodes",
        summary: """
            The global gradient norm is 30 times its usual value, or five times with a loss spike right behind it, or \
            infinite or NaN.
            """,
        thresholds: [factor, harm],
        references: ["bigscience-workshop/bigscience tr8-104B chronicles: the norm led the loss by one step"]
    )

    package static func symptoms(in run: RunCurves) -> [Symptom] {
        finite(in: run) + nonFinite(in: run)
    }

    private static func finite(in run: RunCurves) -> [Symptom] {
        var window = SlidingWindow(capacity: Screen.window)
        var found: [Symptom] = []
        let high = run.spikes.filter { $0.severity > .info }.map(\.firstStep).sorted()
        for (step, value) in zip(run.gradientNorm.steps, run.gradientNorm.values) where value.isFinite && value > 0 {
            defer { window.append(value) }
            // The explosion itself soon is the usual: what goes on without a pause is measured by what was usual before.
            if let last = found.last, step.subtractingStep(last.lastStep) <= 2 * run.interval,
                let base = last.measurements["usual"], value > harm.value * base
            {
                extend(&found[found.count - 1], to: step, value)
                continue
            }
            guard window.count >= Screen.warmUp else { continue }
            let usual = window.median
            guard usual > 0, value > harm.value * usual else { continue }
            let position = lowerBound(high, step.subtractingStep(5 * run.interval))
            let follows = position < high.count && high[position].subtractingStep(step) <= 5 * run.interval
            let mean = window.meanAndDeviation.mean
            guard value > factor.value * mean || follows else { continue }
            let reach = step.subtractingStep(Screen.window * run.interval / 4)
            if let last = found.last, last.lastStep >= reach {
                extend(&found[found.count - 1], to: step, value)
                continue
            }
            guard found.count < 16 else { break }
            found.append(
                Symptom(
                    kind: .gradientExplosion,
                    firstStep: step,
                    lastStep: step,
                    severity: follows ? .warning : .info,
                    summary: "",
                    measurements: [
                        "firstNorm": value, "norm": value, "peakStep": Double(step), "usual": usual,
                        "ratio": value / usual, "leads": follows ? 1 : 0,
                    ]
                )
            )
        }
        return found.map { symptom in
            var symptom = symptom
            symptom.summary = summary(of: symptom)
            return symptom
        }
    }

    private static func extend(_ symptom: inout Symptom, to step: Int, _ value: Double) {
        symptom.lastStep = step
        guard value > symptom.measurements["norm"] ?? 0, let base = symptom.measurements["usual"] else { return }
        symptom.measurements["norm"] = value
        symptom.measurements["ratio"] = value / base
        symptom.measurements["peakStep"] = Double(step)
    }

    /// The norm where it begins and, where that is another step, at its peak.
    private static func summary(of symptom: Symptom) -> String {
        let first = symptom.measurements["firstNorm"] ?? 0
        let usual = symptom.measurements["usual"] ?? 1
        let peakStep = symptom.measurements["peakStep"].map { Int(step: $0) } ?? symptom.firstStep
        var text =
            "Gradient norm \(Format.ratio(first)) at step \(symptom.firstStep), \(Format.ratio(first / usual)) times "
        text += "the usual \(Format.fixed(usual, 3))"
        if peakStep != symptom.firstStep {
            let norm = Format.ratio(symptom.measurements["norm"] ?? first)
            text += ", peak \(norm) (\(Format.ratio(symptom.measurements["ratio"] ?? 1)) times) at step \(peakStep)"
        }
        return text + (symptom.measurements["leads"] == 1 ? ", and the loss jumps with it." : ".")
    }

    private static func nonFinite(in run: RunCurves) -> [Symptom] {
        let bad = zip(run.gradientNorm.steps, run.gradientNorm.values).filter { !$0.1.isFinite }
        guard let first = bad.first, let last = bad.last else { return [] }
        let lasts = run.gradientNorm.values.suffix(bad.count).allSatisfy { !$0.isFinite }
        let name = first.1.isNaN ? "NaN" : "infinite"
        // A loss scaler that grows until it overflows skips single updates: that is how it works.
        let norms = run.gradientNorm.values
        let isScaler =
            bad.allSatisfy { $0.1 == .infinity } && bad.count * 50 <= norms.count
            && !zip(norms, norms.dropFirst()).contains { !$0.isFinite && !$1.isFinite } && norms.last?.isFinite == true
        return [
            Symptom(
                kind: .gradientExplosion,
                firstStep: first.0,
                lastStep: last.0,
                severity: lasts && bad.count > 1 ? .failure : isScaler ? .info : .warning,
                summary: """
                    Gradient norm is \(name) at step \(first.0)\(lasts ? " and never finite again" : ""), \
                    in \(Format.count(bad.count, "record")) altogether.
                    """,
                measurements: [
                    "nonFiniteRecords": Double(bad.count), "firstIsInfinite": first.1.isInfinite ? 1 : 0,
                    "lasting": lasts ? 1 : 0,
                ]
            )
        ]
    }

    private static func lowerBound(_ steps: [Int], _ step: Int) -> Int {
        var low = 0
        var high = steps.count
        while low < high {
            let middle = (low + high) / 2
            if steps[middle] < step { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
