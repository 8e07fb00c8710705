import Foundation
import Terms
import TrainingLogs

extension SymptomKind {
    /// See ``LossPlateauRule``.
    public static let lossPlateau = SymptomKind("loss-plateau")
}

/// The loss stops falling where it should not.
package enum LossPlateauRule: SymptomRule {
    private static let standstill = Threshold(
        "fall while the number of steps grows fourfold",
        0.01,
        "ratio",
        source: "a power law falls by the same share each time; fresh healthy runs lose 2 % and more"
    )
    private static let height = Threshold(
        "loss relative to guessing",
        0.35,
        "ratio",
        source: "a third of ln V; large models on the text of their tokenizer end below it, and slowly"
    )
    private static let length = Threshold(
        "steps before a standstill",
        20,
        "steps",
        source: "half of a short warm-up"
    )
    private static let decay = Threshold(
        "fall behind a standstill that the decay of the rate explains",
        0.1,
        "ratio",
        source: "the decay of a warm-up-stable-decay schedule gains up to a tenth (arXiv:2404.06395, figure 5)"
    )
    private static let usualRate = Threshold(
        "highest rate with which a run is given that time",
        3e-3,
        "learning rate",
        source: "the highest of usual recipes for Adam; a higher one explains a standstill by itself"
    )
    private static let patience = Threshold(
        "updates within which a loss that falls slowly may still leave the level of token frequencies",
        1000,
        "updates",
        source: "small healthy runs leave it after 100 to 1,000 updates, all at once"
    )
    private static let still = Threshold(
        "spread of validation loss over the last third",
        0.01,
        "ratio",
        source: "a fall of 1 % is the least that validation rules count as learning"
    )
    private static let gap = Threshold(
        "validation loss over training loss at the end",
        1.5,
        "ratio",
        source: "chapter on debugging training: training loss low, validation loss high; pretraining keeps within 1.05"
    )

    package static let kind = SymptomKind.lossPlateau
    package static let head = RuleHead(
        kind,
        title: "Plateau",
        summary: """
            The loss stands still while the number of steps grows fourfold, far above what text costs; or a continued run makes no progress at all, in training and validation; or validation loss has \
            stopped far above a training loss that still falls.
            """,
        thresholds: [standstill, height, length, decay, patience, usualRate, still, gap]
    )
    package static let needs: [Curve] = [.trainingLoss]
    package static let traits: SymptomTraits = [.lasting, .bounded]

    package static let early = Measure<Double>(kind, "early", "loss early")
    package static let fallPerDecade = Measure<Double>(kind, "fallPerDecade", "fall for ten times the steps")
    package static let final = Measure<Double>(kind, "final", "loss at the end")
    package static let unsettled = Measure<Int>(kind, "unsettled", "too early to call it a standstill, after", .steps)
    package static let measures = [early.head, fallPerDecade.head, final.head, unsettled.head]

    package static func symptoms(in run: RunCurves) -> [Symptom] {
        stuck(in: run) ?? spent(in: run) ?? idle(in: run) ?? level(in: run) ?? validated(in: run) ?? []
    }

    /// A learning rate that has run out long before the run: the loss cannot move any more.
    private static func spent(in run: RunCurves) -> [Symptom]? {
        let misaligned = ScheduleMisalignedRule.symptoms(in: run).first { $0[ScheduleMisalignedRule.spent] == true }
        guard let misaligned, let final = run.finalLoss, let last = run.loss.steps.last else { return nil }
        let index = run.loss.index(atOrAfter: misaligned.firstStep)
        guard run.loss.count - index >= 20, let early = run.level(index..<index + 20) else { return nil }
        return [
            symptom(
                from: misaligned.firstStep,
                to: last,
                fall: (early - final) / abs(final),
                final: final,
                early: early,
                summary:
                    "Loss stays at \(loss: final) from step \(misaligned.firstStep) on. \(misaligned.summary)"
            )
        ]
    }

    /// Neither curve moves over the second half of a run that had learned before.
    private static func level(in run: RunCurves) -> [Symptom]? {
        let half = run.loss.count / 2
        guard run.loss.count >= 60, let last = run.loss.steps.last, let final = run.finalLoss, final > 0.05,
            let start = run.level(0..<3), start > 1.05 * final
        else { return nil }
        let middle = run.loss.steps[half]
        let checks = run.validation.values[run.validation.index(atOrAfter: middle)...]
        guard checks.count >= 5, let first = checks.first, let end = checks.last, end >= 0.998 * first else {
            return nil
        }
        let quarter = half / 2
        guard let early = run.level(half..<half + quarter), let late = run.level(half + quarter..<run.loss.count)
        else { return nil }
        let fall = (early - late) / abs(late)
        guard fall < 0.01 else { return nil }
        return [
            symptom(
                from: middle,
                to: last,
                fall: fall,
                final: final,
                early: early,
                summary: """
                    Since step \(middle) training loss goes from \(loss: early) to \(loss: late) and \
                    validation loss from \(loss: first) to \(loss: end): the run has levelled off.
                    """
            )
        ]
    }

    /// Validation loss has stopped far above a training loss that goes on falling: more steps only memorise.
    private static func validated(in run: RunCurves) -> [Symptom]? {
        let values = run.validation.values
        let third = values.count / 3
        guard values.count >= 15, let step = run.validation.steps.dropLast(third).last, let final = run.finalLoss,
            let last = run.validation.steps.last, let best = values.min(), values[0] > 1.05 * best
        else { return nil }
        let (early, late) = (Robust.median(values[third..<2 * third]), Robust.median(values.suffix(third)))
        let tail = values.suffix(third)
        let width = (tail.max() ?? 0) - (tail.min() ?? 0)
        let index = run.loss.index(atOrAfter: step)
        guard width <= still.value * best, abs(early - late) <= 2 * still.value * best,
            let before = run.level(index - 2..<index + 3), final < before * (1 - 2 * still.value),
            late > gap.value * final
        else { return nil }
        return [
            symptom(
                from: step,
                to: last,
                fall: (early - late) / late,
                final: final,
                early: before,
                summary: """
                    Validation loss has been \(loss: late) since step \(step) while training loss goes from \
                    \(loss: before) to \(loss: final): more steps only memorise.
                    """
            )
        ]
    }

    /// A stretch over which the number of steps grew fourfold and nothing was learned: a learning curve falls by about the
    /// same share each time the steps double.
    private static func stuck(in run: RunCurves) -> [Symptom]? {
        let begin = run.history.startsTrained ? run.loss.steps.first ?? 0 : run.history.stepBase
        guard run.loss.count >= 40, let final = run.finalLoss, let last = run.loss.steps.last else { return nil }
        let length = last.subtractingStep(begin)
        // Of a run that goes on with trained weights, or whose beginning is not in the log, only a hundredfold tells.
        let isFresh = run.startsAtBeginning && run.chanceLoss != nil
        let least = isFresh ? Int(Self.length.value) : max(1, run.loss.steps[0].subtractingStep(begin))
        guard isFresh || Double(length) > 100 * Double(least) else { return nil }
        if let chance = run.chanceLoss, final < height.value * chance { return nil }
        if run.chanceLoss == nil, final < 1 { return nil }
        // Slow learning all the way is no standstill.
        if !isFresh, let start = run.level(0..<max(5, run.loss.count / 20)), start > 1.03 * final { return nil }
        var from = isFresh ? max(least, length / 64) : least
        while from <= length / 8 {
            let stages = [(from, 2 * from), (2 * from, 4 * from), (4 * from, 8 * from)].map { stage in
                run.loss.index(
                    atOrAfter: begin.addingStep(stage.0)
                )..<run.loss.index(atOrAfter: begin.addingStep(stage.1))
            }
            // What has learned nothing at all is flat, which is another symptom.
            let top = isFresh ? run.initialLoss ?? .infinity : .infinity
            if stages[0].count >= 5, stages[2].count >= 5, let early = run.level(stages[0]),
                let late = run.level(stages[2]),
                let middle = run.level(stages[1]), early < 0.95 * top
            {
                let fall = (early - late) / abs(late)
                let error = 1.25 * run.noise * (1 / Double(stages[0].count) + 1 / Double(stages[2].count)).squareRoot()
                // Where noise may hide what healthy runs learn, nothing can be said.
                let limit = standstill.value
                // The run has left this standstill: it is not a plateau.
                guard (early - final) / abs(final) < decay.value else {
                    from += max(1, from / 2)
                    continue
                }
                if fall < limit, fall > -0.05, middle > 0.95 * late, fall + 2 * error / abs(late) < 4 * limit {
                    return standing(from: stages[0].lowerBound, early: early, late: late, final: final, in: run)
                }
            }
            from += max(1, from / 2)
        }
        return nil
    }

    private static func standing(from: Int, early: Double, late: Double, final: Double, in run: RunCurves) -> [Symptom]
    {
        let reached = run.loss.values.firstIndex { $0 <= early + run.noise } ?? from
        let first = run.loss.steps[min(reached, from)]
        let last = run.loss.steps[run.loss.count - 1]
        let guess: Phrase = run.chanceLoss.map { "; guessing costs \(loss: $0)" } ?? ""
        let updates = last.subtractingStep(run.history.stepBase).addingStep(1)
        // A broken run stands still at that level; a slow one still falls a little.
        let half = run.loss.values[run.loss.count / 2..<run.loss.count]
        let isUnsettled =
            Double(updates) < patience.value && run.startsAtBeginning
            && (run.peakLearningRate ?? 0) <= usualRate.value && Trend.surelyFalls(Array(half))
        let hope: Phrase = isUnsettled ? " It still falls a little: slow and broken runs look alike so early." : ""
        var found = symptom(
            from: first,
            to: last,
            fall: (early - late) / abs(late),
            final: final,
            early: early,
            summary: """
                Loss is \(loss: early) by step \(first) and hardly moves while the steps grow fourfold; it ends at \
                \(loss: final) at step \(last)\(guess).\(hope)
                """
        )
        if isUnsettled {
            found.severity = .info
            found.measurements = found.measurements.with(unsettled, updates)
        }
        return [found]
    }

    /// A log that starts in the middle of a run and shows no progress in either curve.
    private static func idle(in run: RunCurves) -> [Symptom]? {
        guard !run.startsAtBeginning, run.loss.count >= 200, run.validation.count >= 3,
            let first = run.loss.steps.first, let last = run.loss.steps.last,
            Double(last) > 1.2 * Double(first), let final = run.finalLoss
        else { return nil }
        let third = run.loss.count / 3
        guard let early = run.level(0..<third), let late = run.level(2 * third..<run.loss.count),
            let before = run.validation.values.first, let after = run.validation.values.last,
            late >= early - 0.002 * abs(early), after >= before
        else { return nil }
        return [
            symptom(
                from: first,
                to: last,
                fall: (early - late) / abs(early),
                final: final,
                early: early,
                summary: """
                    Over \(steps: first...last) training loss stays at \(loss: late) and validation loss goes \
                    from \(loss: before) to \(loss: after): no progress.
                    """
            )
        ]
    }

    private static func symptom(
        from first: Int,
        to last: Int,
        fall: Double,
        final: Double,
        early: Double,
        summary: Phrase
    ) -> Symptom {
        Symptom(
            kind: kind,
            firstStep: first,
            lastStep: last,
            severity: .warning,
            summary: summary,
            measurements: Measurements()
                .with(Self.early, early)
                .with(fallPerDecade, fall)
                .with(Self.final, final)
        )
    }
}
