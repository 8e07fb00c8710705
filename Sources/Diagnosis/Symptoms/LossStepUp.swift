import Terms
import TrainingLogs

extension SymptomKind {
    /// See ``LossStepUpRule``.
    public static let lossStepUp = SymptomKind("loss-step-up")
}

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
    private static let leastKept = Threshold(
        "share of the rise left 100 records later",
        0.4,
        "ratio",
        source: "decision tree, Q2.4: persistent elevation"
    )

    package static let kind = SymptomKind.lossStepUp
    package static let head = RuleHead(
        kind,
        title: "Loss steps up",
        summary: "The median of 100 records is well above that of the 100 before, and most of the rise stays.",
        thresholds: [height, shortHeight, share, worth, leastKept],
        references: ["arXiv:2604.00726"]
    )
    package static let needs: [Curve] = [.trainingLoss]
    package static let traits: SymptomTraits = [.jump, .rise, .data]
    package static let suspicion = 2

    package static let before = Measure<Double>(kind, "before", "level before")
    package static let after = Measure<Double>(kind, "after", "level after")
    package static let rise = Measure<Double>(kind, "rise", "rise")
    package static let kept = Measure<Double>(kind, "kept", "kept of the rise", .share)
    package static let zScore = Measure<Double>(kind, "zScore", "height", .sigma)
    package static let measures = [before.head, after.head, rise.head, kept.head, zScore.head]

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
            let part = (Robust.median(rest) - shift.before) / rise
            guard part >= leastKept.value else { return nil }
            let step = run.raw.steps[shift.index]
            let isUntouched = ValidationTrend.isUntouched(by: step, in: run)
            let verdict: Phrase =
                isUntouched ? "; validation loss goes on falling: the data changed, the model is unharmed" : ""
            let stays: Phrase = part < 1 ? "\(share: part)" : "all"
            return Symptom(
                kind: kind,
                firstStep: step,
                lastStep: run.raw.steps[min(run.raw.count - 1, shift.index + 2 * width)],
                severity: isUntouched ? .info : .failure,
                summary: """
                    Loss goes from \(loss: shift.before) to \(loss: shift.after) at step \(step) \
                    (\(ratio: shift.sigmas) robust sigma) and keeps \(stays) of the rise\(verdict).
                    """,
                measurements: Measurements()
                    .with(before, shift.before)
                    .with(after, shift.after)
                    .with(Self.rise, rise)
                    .with(kept, part)
                    .with(zScore, shift.sigmas)
            )
        }
    }

    package static func suspectSteps(of symptom: Symptom, in run: RunCurves) -> [Int] {
        SuspectSteps.around(symptom.firstStep, in: run)
    }
}
