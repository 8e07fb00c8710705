import Terms
import TrainingLogs

/// The loss goes to a higher level and stays there.
package enum LossStepUpRule: SymptomRule {
    private static let height = Threshold(
        "rise of the median over 100 records",
        3.5,
        "robust sigma",
        source: "healthy public runs of up to 20 000 steps stay below 2.4; the error of two medians of 100 is 0.18"
    )
    private static let shortHeight = Threshold(
        "rise of the median over fewer than 25 records",
        5,
        "robust sigma",
        source: "chapters of a book move so few records by up to 4"
    )
    private static let share = Threshold(
        "rise relative to the level",
        0.03,
        "ratio",
        source: "domain boundaries in shuffled data move it by less"
    )
    private static let worth = Threshold(
        "rise relative to the first loss",
        0.002,
        "ratio",
        source: "0.02 nats of a fresh model; of a loss that is down to 0.001 no rise is worth an alarm"
    )
    private static let lasting = Threshold(
        "share of the rise left 100 records later",
        0.4,
        "ratio",
        source: "decision tree, Q2.4: persistent elevation"
    )

    package static let head = RuleHead(
        id: SymptomKind.lossStepUp.rawValue,
        title: "Loss steps up",
        summary: "The median of 100 records is well above that of the 100 before, and most of the rise stays.",
        thresholds: [height, shortHeight, share, worth, lasting],
        references: ["arXiv:2604.00726"]
    )

    package static func symptoms(in run: RunCurves) -> [Symptom] {
        let rises = run.rises.filter { $0.sigmas >= height.value }
        if rises.count > 1, LossOscillationRule.isPeriodic(run) { return [] }
        return rises.compactMap { shift in
            let rise = shift.after - shift.before
            let width = shift.width
            guard width >= 25 || run.raw.count < 150 || shift.sigmas >= shortHeight.value else { return nil }
            let least = max(share.value * abs(shift.before), worth.value * abs(run.raw.values[0]))
            guard rise >= least, !LossDipRule.isReturn(shift, in: run) else { return nil }
            let later = run.raw.values.dropFirst(shift.index + width).prefix(width)
            let rest = later.isEmpty ? run.raw.values.suffix(width / 2) : later
            let kept = (Robust.median(rest) - shift.before) / rise
            guard kept >= lasting.value else { return nil }
            let step = run.raw.steps[shift.index]
            let isUntouched = ValidationTrend.isUntouched(by: step, in: run)
            let verdict =
                isUntouched ? "; validation loss goes on falling: the data changed, the model is unharmed" : ""
            return Symptom(
                kind: .lossStepUp,
                firstStep: step,
                lastStep: run.raw.steps[min(run.raw.count - 1, shift.index + 2 * width)],
                severity: isUntouched ? .info : .failure,
                summary: """
                    Loss goes from \(Format.loss(shift.before)) to \(Format.loss(shift.after)) at step \(step) \
                    (\(Format.ratio(shift.sigmas)) robust sigma) and keeps \(kept < 1 ? Format.percent(kept) : "all") of the rise\(verdict).
                    """,
                measurements: [
                    "before": shift.before, "after": shift.after, "rise": rise, "zScore": shift.sigmas, "kept": kept,
                ]
            )
        }
    }
}
