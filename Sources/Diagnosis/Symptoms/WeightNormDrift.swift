import Foundation
import Terms
import TrainingLogs

extension SymptomKind {
    /// See ``WeightNormDriftRule``.
    public static let weightNormDrift = SymptomKind("weight-norm-drift")
}

/// The norm of a group of weights runs away or collapses.
package enum WeightNormDriftRule: SymptomRule {
    private static let factor = Threshold(
        "change of a group's norm in 200 steps",
        2,
        "ratio",
        source: "decision tree, Q4.3"
    )
    private static let grave = Threshold(
        "growth of a group's norm in 200 steps that learning does not explain",
        8,
        "ratio",
        source: "the embeddings of healthy small models grow up to threefold in 200 early steps"
    )
    private static let settled = Threshold(
        "updates before norms are judged",
        200,
        "updates",
        source: "weights grow from their small initial values first"
    )

    package static let kind = SymptomKind.weightNormDrift
    package static let head = RuleHead(
        kind,
        title: "Weight norm drifts",
        summary: "Between two checkpoints the norm of a group of weights has changed by a factor of two in 200 steps.",
        thresholds: [factor, grave, settled]
    )
    package static let needs: [Curve] = [.weightNorms]
    package static let traits: SymptomTraits = [.lasting, .undated]

    package static let ratio = Measure<Double>(kind, "ratio", "weight norm, against that before", .times)
    package static let per200Steps = Measure<Double>(kind, "per200Steps", "in 200 steps", .times)
    package static let measures = [ratio.head, per200Steps.head]

    package static func symptoms(in run: RunCurves) -> [Symptom] {
        let checkpoints = run.configuration.facts.checkpoints.filter { Double($0.updates) >= settled.value }
        let begin = max(settled.value, 2 * Double(run.configuration.warmupSteps ?? 0))
        var worst: (group: String, from: CheckpointFacts, to: CheckpointFacts, ratio: Double, pace: Double)?
        for (from, to) in zip(checkpoints, checkpoints.dropFirst())
        where Double(from.updates) >= begin && to.updates > from.updates {
            let stretch = max(1, Double(to.updates.subtractingStep(from.updates)) / 200)
            for group in from.weightNorms.keys.sorted() {
                guard let old = from.weightNorms[group], let new = to.weightNorms[group], old > 0, new > 0,
                    old.isFinite,
                    new.isFinite
                else { continue }
                let pace = log(new / old) / stretch
                guard abs(pace) > log(factor.value), abs(pace) > abs(worst?.pace ?? 0) else { continue }
                worst = (group, from, to, new / old, pace)
            }
        }
        guard let worst else { return [] }
        return [
            Symptom(
                kind: kind,
                // The checkpoint before is sound: what happened, happened to an update after it.
                firstStep: worst.from.step.addingStep(1),
                lastStep: worst.to.step,
                severity: worst.ratio < 1 || worst.pace > log(grave.value) ? .warning : .info,
                summary: """
                    The norm of the \(text: worst.group) weights goes from \
                    \(ratio: worst.from.weightNorms[worst.group] ?? 0) to \
                    \(ratio: worst.to.weightNorms[worst.group] ?? 0) between steps \(worst.from.step) and \
                    \(worst.to.step).
                    """,
                measurements: Measurements().with(ratio, worst.ratio).with(per200Steps, exp(worst.pace))
            )
        ]
    }
}
