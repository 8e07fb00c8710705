import Foundation
import Terms
import TrainingLogs

extension SymptomKind {
    /// See ``GradientExplosionRule``.
    public static let gradientExplosion = SymptomKind("gradient-explosion")
}

/// The gradient norm jumps far above its past.
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

    /// Records that the usual norm is taken from.
    private static let window = 100

    package static let kind = SymptomKind.gradientExplosion
    package static let head = RuleHead(
        kind,
        title: "Gradient norm explodes",
        summary: """
            The global gradient norm is 30 times its usual value, or five times with a loss spike right behind it.
            """,
        thresholds: [factor, harm],
        references: ["bigscience-workshop/bigscience tr8-104B chronicles: the norm led the loss by one step"]
    )
    package static let needs: [Curve] = [.gradientNorm]
    package static let traits: SymptomTraits = [.rise]
    package static let suspicion = 5

    package static let usual = Measure<Double>(kind, "usual", "usual norm")
    package static let firstNorm = Measure<Double>(kind, "firstNorm", "first high norm")
    package static let norm = Measure<Double>(kind, "norm", "highest norm")
    package static let peakStep = Measure<Int>(kind, "peakStep", "peak at", .step)
    package static let ratio = Measure<Double>(kind, "ratio", "highest norm, against the usual", .times)
    package static let leads = Measure<Bool>(kind, "leads", "loss jumps with it", .onlyWhereTrue)
    package static let measures = [
        usual.head, firstNorm.head, norm.head, peakStep.head, ratio.head, leads.head,
    ]

    package static func symptoms(in run: RunCurves) -> [Symptom] {
        finite(in: run)
    }

    package static func suspectSteps(of symptom: Symptom, in run: RunCurves) -> [Int] {
        SuspectSteps.around(symptom.firstStep, in: run)
    }

    private static func finite(in run: RunCurves) -> [Symptom] {
        var past = SlidingWindow(capacity: window)
        var found: [Symptom] = []
        let high = run.spikes.filter { $0.severity > .info }.map(\.firstStep).sorted()
        for (step, value) in zip(run.gradientNorm.steps, run.gradientNorm.values) where value.isFinite && value > 0 {
            defer { past.append(value) }
            // The explosion itself soon is the usual: what goes on without a pause is measured by what was usual before.
            if let last = found.last, step.subtractingStep(last.lastStep) <= 2 * run.interval,
                let base = last[Self.usual], value > harm.value * base
            {
                extend(&found[found.count - 1], to: step, value)
                continue
            }
            guard past.count >= ShortLog.least else { continue }
            let usual = past.median
            guard usual > 0, value > harm.value * usual else { continue }
            let position = lowerBound(high, step.subtractingStep(5 * run.interval))
            let follows = position < high.count && high[position].subtractingStep(step) <= 5 * run.interval
            let mean = past.meanAndDeviation.mean
            guard value > factor.value * mean || follows else { continue }
            let reach = step.subtractingStep(window * run.interval / 4)
            if let last = found.last, last.lastStep >= reach {
                extend(&found[found.count - 1], to: step, value)
                continue
            }
            guard found.count < 16 else { break }
            found.append(
                Symptom(
                    kind: kind,
                    firstStep: step,
                    lastStep: step,
                    severity: follows ? .warning : .info,
                    summary: Phrase(),
                    measurements: Measurements()
                        .with(Self.usual, usual)
                        .with(firstNorm, value)
                        .with(norm, value)
                        .with(peakStep, step)
                        .with(ratio, value / usual)
                        .with(leads, follows)
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
        guard value > symptom[norm] ?? 0, let base = symptom[usual] else { return }
        symptom.measurements[norm] = value
        symptom.measurements[ratio] = value / base
        symptom.measurements[peakStep] = step
    }

    /// The norm where it begins and, where that is another step, at its peak.
    private static func summary(of symptom: Symptom) -> Phrase {
        let first = symptom[firstNorm] ?? 0
        let base = symptom[usual] ?? 1
        let step = symptom[peakStep] ?? symptom.firstStep
        let highest = symptom[norm] ?? first
        let peak: Phrase =
            step == symptom.firstStep
            ? "" : ", peak \(ratio: highest) (\(ratio: symptom[ratio] ?? 1) times) at step \(step)"
        let end: Phrase = symptom[leads] == true ? ", and the loss jumps with it." : "."
        return """
            Gradient norm \(ratio: first) at step \(symptom.firstStep), \(ratio: first / base) times the usual \
            \(base, decimals: 3)\(peak)\(end)
            """
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
