import Terms
import TrainingLogs

extension SymptomKind {
    /// See ``LogGapRule``.
    public static let logGap = SymptomKind("log-gap")
}

/// Steps are missing from the log.
package enum LogGapRule: SymptomRule {
    private static let factor = Threshold(
        "distance between records over the usual one",
        10,
        "ratio",
        source: "evaluations skip one record at most"
    )

    package static let kind = SymptomKind.logGap
    package static let head = RuleHead(
        kind,
        title: "Gap in the log",
        summary: "Records are missing between two steps: what happened there cannot be judged.",
        thresholds: [factor]
    )
    package static let needs: [Curve] = []
    package static let traits: SymptomTraits = [.undated]

    package static let usual = Measure<Int>(kind, "usual", "usual distance of two records", .steps)
    package static let steps = Measure<Int>(kind, "steps", "steps without a record", .count)
    package static let measures = [usual.head, steps.head]

    package static func symptoms(in run: RunCurves) -> [Symptom] {
        let steps = run.printed.steps
        guard steps.count >= 5 else { return [] }
        let limit = factor.value * Double(run.interval)
        let interval: Phrase = run.interval == 1 ? "step" : "\(count: run.interval, "step")"
        return zip(steps, steps.dropFirst()).filter { Double($1.subtractingStep($0)) > limit }.prefix(8).map {
            from,
            to in
            Symptom(
                kind: kind,
                firstStep: from,
                lastStep: to,
                severity: .info,
                summary: "The log has nothing between steps \(from) and \(to); it usually prints every \(interval).",
                measurements: Measurements()
                    .with(usual, run.interval)
                    .with(Self.steps, to.subtractingStep(from))
            )
        }
    }
}
