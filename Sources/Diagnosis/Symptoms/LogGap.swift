import Terms
import TrainingLogs

/// Steps are missing from the log.
package enum LogGapRule: SymptomRule {
    private static let factor = Threshold(
        "distance between records over the usual one",
        10,
        "ratio",
        source: "evaluations skip one record at most"
    )

    package static let head = RuleHead(
        id: SymptomKind.logGap.rawValue,
        title: "Gap in the log",
        summary: "Records are missing between two steps: what happened there cannot be judged.",
        thresholds: [factor]
    )

    package static func symptoms(in run: RunCurves) -> [Symptom] {
        let steps = run.printed.steps
        guard steps.count >= 5 else { return [] }
        let limit = factor.value * Double(run.interval)
        return zip(steps, steps.dropFirst()).filter { Double($1.subtractingStep($0)) > limit }.prefix(8).map {
            from,
            to in
            Symptom(
                kind: .logGap,
                firstStep: from,
                lastStep: to,
                severity: .info,
                summary:
                    "The log has nothing between steps \(from) and \(to); it usually prints every \(run.interval == 1 ? "step" : "\(run.interval) steps").",
                measurements: ["steps": Double(to.subtractingStep(from)), "usual": Double(run.interval)]
            )
        }
    }
}
