import Terms
import TrainingLogs

extension SymptomKind {
    /// See ``LossStepUpRule``.
    public static let lossStepUp = SymptomKind("loss-step-up")
}

/// The loss goes to a higher level and stays there.
package enum LossStepUpRule: SymptomRule {
    private static let share = Threshold(
        "rise relative to the level",
        0.01,
        "ratio",
        source: "a per cent of the loss is what validation rules count as learning"
    )
    private static let worth = Threshold(
        "rise relative to the first loss",
        0.002,
        "ratio",
        source: "0.02 nats of a fresh model; of a loss that is down to 0.001 no rise is worth an alarm"
    )
    private static let leastKept = Threshold(
        "share of the rise left 100 records later",
        0.25,
        "ratio",
        source: "decision tree, Q2.4: persistent elevation, which a run learns away slowly"
    )
    private static let abrupt = Threshold(
        "records of a rise that still is a step",
        50,
        "records",
        source: "decision tree, Q2.2: what has not come back within 50 steps stays"
    )

    package static let kind = SymptomKind.lossStepUp
    package static let head = RuleHead(
        kind,
        title: "Loss steps up",
        summary: "The loss goes up within a few records by more than chance explains, and a quarter or more stays.",
        thresholds: [share, worth, leastKept, abrupt],
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
        // A rise over a few records is a step as well.
        let steps = run.description.departures.filter { departure in
            switch departure.shape {
            case .stepUp: true
            case .rise: departure.records.count <= Int(abrupt.value)
            case .bump, .dip, .outlier: false
            }
        }
        if steps.count > 1, LossOscillationRule.isPeriodic(run) { return [] }
        return steps.compactMap { departure in
            let index = departure.records.lowerBound
            let rise = departure.size
            let width = min(100, max(10, departure.records.count))
            let before = run.description.course[index]
            guard rise >= max(share.value * abs(before), worth.value * abs(run.raw.values[0])) else { return nil }
            let part = kept(departure, in: run)
            guard part >= leastKept.value else { return nil }
            let step = run.raw.steps[index]
            let isUntouched = ValidationTrend.isUntouched(by: step, in: run)
            let verdict: Phrase =
                isUntouched ? "; validation loss goes on falling: the data changed, the model is unharmed" : ""
            let stays: Phrase = part < 1 ? "\(share: part)" : "all"
            return Symptom(
                kind: kind,
                firstStep: step,
                lastStep: run.raw.steps[min(run.raw.count - 1, index + 2 * width)],
                severity: isUntouched ? .info : .failure,
                summary: """
                    Loss goes from \(loss: before) to \(loss: before + rise) at step \(step) \
                    (\(ratio: departure.sigmas) robust sigma) and keeps \(stays) of the rise\(verdict).
                    """,
                measurements: Measurements()
                    .with(Self.before, before)
                    .with(after, before + rise)
                    .with(Self.rise, rise)
                    .with(kept, part)
                    .with(zScore, departure.sigmas)
            )
        }
    }

    package static func suspectSteps(of symptom: Symptom, in run: RunCurves) -> [Int] {
        SuspectSteps.around(symptom.firstStep, in: run)
    }

    /// The share of a rise that is left some hundred records later.
    package static func kept(_ departure: Departure, in run: RunCurves) -> Double {
        let index = departure.records.lowerBound
        let width = min(100, max(10, departure.records.count))
        let later = run.raw.values.dropFirst(index + width).prefix(width)
        let rest = later.isEmpty ? run.raw.values.suffix(width / 2) : later
        return (Robust.median(rest) - run.description.course[index]) / departure.size
    }

    /// Whether a rise is learned away again within some hundred records.
    package static func isPassing(_ departure: Departure, in run: RunCurves) -> Bool {
        kept(departure, in: run) < leastKept.value
    }
}
