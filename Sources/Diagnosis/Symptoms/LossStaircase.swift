import Terms
import TrainingLogs

extension SymptomKind {
    /// See ``LossStaircaseRule``.
    public static let lossStaircase = SymptomKind("loss-staircase")
}

/// The learning rate goes down in steps, and the loss with it.
package enum LossStaircaseRule: SymptomRule {
    private static let drop = Threshold(
        "fall of the learning rate between two records",
        2,
        "ratio",
        source: "step schedules divide by 2 to 10"
    )

    private static let visible = Threshold(
        "fall at the cut beyond the trend",
        1,
        "robust sigma",
        source: "five times the error of two medians of 60"
    )

    package static let kind = SymptomKind.lossStaircase
    package static let head = RuleHead(
        kind,
        title: "Staircase",
        summary: "The loss falls in steps where the learning rate is cut by a factor.",
        thresholds: [drop, visible]
    )
    package static let needs: [Curve] = [.trainingLoss]
    package static let traits: SymptomTraits = [.lasting]

    package static let cuts = Measure<Int>(kind, "cuts", "cuts of the learning rate", .count)
    package static let largestFall = Measure<Double>(kind, "largestFall", "largest fall at a cut")
    package static let measures = [cuts.head, largestFall.head]

    package static func symptoms(in run: RunCurves) -> [Symptom] {
        let steps = ScheduleJumpRule.cuts(in: run)
        guard let first = steps.first, let last = steps.last, run.loss.count >= 40 else { return [] }
        let falls = steps.map { step -> Double in
            let index = run.loss.index(atOrAfter: step)
            let width = min(60, run.loss.count / 12)
            let before = run.level(index - width..<index) ?? 0
            let after = run.level(index..<index + width) ?? before
            let trend = (run.level(index - 2 * width..<index - width) ?? before) - before
            return before - after - max(0, trend)
        }
        let sigma = Robust.noise(run.loss.values)
        let isVisible = falls.contains { $0 > visible.value * sigma && $0 > 0.02 * (run.finalLoss ?? 0) }
        let most = falls.max() ?? 0
        let effect: Phrase =
            most > 0 ? "falls by \(steps.count == 1 ? "" : "up to ")\(loss: most) there" : "does not fall there"
        return [
            Symptom(
                kind: kind,
                firstStep: first,
                lastStep: last,
                // A fall at a planned cut is what the schedule is for.
                severity: isVisible && run.configuration.schedule != .step ? .warning : .info,
                summary: """
                    The learning rate is cut at \(steps.count == 1 ? "step" : "steps") \(steps, atMost: 4); the loss \
                    \(effect).
                    """,
                measurements: Measurements().with(cuts, steps.count).with(largestFall, most)
            )
        ]
    }
}
