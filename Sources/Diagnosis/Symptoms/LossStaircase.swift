import Terms
import TrainingLogs

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

    package static let head = RuleHead(
        id: SymptomKind.lossStaircase.rawValue,
        title: "Staircase",
        summary: "The loss falls in steps where the learning rate is cut by a factor.",
        thresholds: [drop, visible]
    )

    package static func symptoms(in run: RunCurves) -> [Symptom] {
        let cuts = ScheduleJumpRule.cuts(in: run)
        guard let first = cuts.first, let last = cuts.last, run.loss.count >= 40 else { return [] }
        let falls = cuts.map { step -> Double in
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
        let effect =
            most > 0 ? "falls by \(cuts.count == 1 ? "" : "up to ")\(Format.loss(most)) there" : "does not fall there"
        let list = cuts.prefix(4).map(String.init).joined(separator: ", ")
        return [
            Symptom(
                kind: .lossStaircase,
                firstStep: first,
                lastStep: last,
                // A fall at a planned cut is what the schedule is for.
                severity: isVisible && run.configuration.schedule != .step ? .warning : .info,
                summary: """
                    The learning rate is cut at \(cuts.count == 1 ? "step" : "steps") \(list); the loss \(effect).
                    """,
                measurements: ["cuts": Double(cuts.count), "largestFall": falls.max() ?? 0]
            )
        ]
    }
}
