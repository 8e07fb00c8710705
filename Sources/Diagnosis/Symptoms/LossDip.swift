import Foundation
import Terms
import TrainingLogs

extension SymptomKind {
    /// See ``LossDipRule``.
    public static let lossDip = SymptomKind("loss-dip")
}

/// The data are suspiciously easy for a while.
package enum LossDipRule: SymptomRule {
    private static let otherText = Threshold(
        "noise inside the dip over noise before that speaks for other batches",
        0.6,
        "ratio",
        source: "one batch again and again leaves 0.35 at most"
    )
    private static let grave = Threshold(
        "mean depth that spoils the run",
        6,
        "robust sigma",
        source: "every single record is an outlier then"
    )
    private static let worth = Threshold(
        "depth relative to the first loss",
        0.002,
        "ratio",
        source: "0.02 nats of a fresh model; of a loss that is down to 0.001 no dip is worth an alarm"
    )

    private static let usual = Threshold(
        "dips of one kind that are the way of the data",
        5,
        "dips",
        source: "what a log shows five times is no accident; a loader repeats a batch once"
    )

    package static let kind = SymptomKind.lossDip
    package static let head = RuleHead(
        kind,
        title: "Loss dips",
        summary: """
            The loss falls far below its level for a while and then returns: repeated, constant or duplicated data are \
            easy to learn and teach nothing.
            """,
        thresholds: [otherText, grave, worth, usual]
    )
    package static let needs: [Curve] = [.trainingLoss]
    package static let traits: SymptomTraits = [.data]
    package static let suspicion = 1

    package static let before = Measure<Double>(kind, "before", "level before")
    package static let lowest = Measure<Double>(kind, "lowest", "lowest loss")
    package static let records = Measure<Int>(kind, "records", "length", .records)
    package static let noiseRatio = Measure<Double>(kind, "noiseRatio", "noise, against that before", .times)
    package static let expected = Measure<Double>(kind, "expected", "as many expected by chance")
    package static let measures = [before.head, lowest.head, records.head, noiseRatio.head, expected.head]

    package static func symptoms(in run: RunCurves) -> [Symptom] { run.dips }

    package static func suspectSteps(of symptom: Symptom, in run: RunCurves) -> [Int] {
        SuspectSteps.around(symptom.firstStep, in: run)
            + SuspectSteps.spread(SuspectSteps.records(of: symptom, in: run) { $0 < 0 }, SuspectSteps.most / 2)
    }

    /// Looks for dips; ``RunCurves`` keeps the result.
    package static func find(in run: RunCurves) -> [Symptom] {
        let dips = run.description.departures(.dip).filter { -$0.size > worth.value * abs(run.raw.values[0]) }
        if !dips.isEmpty, LossOscillationRule.isPeriodic(run) { return [] }
        let found = dips.filter { !isLostByResume($0.records, in: run) }
        return found.map { dip in symptom(dip, isUsual: found.count { isAlike($0, dip) } >= Int(usual.value), in: run) }
    }

    /// Whether two dips are of one kind: of about the same length and depth.
    private static func isAlike(_ left: Departure, _ right: Departure) -> Bool {
        let (lengths, depths) = (Double(left.records.count) / Double(right.records.count), left.size / right.size)
        return lengths > 0.5 && lengths < 2 && depths > 0.5 && depths < 2
    }

    /// Whether a stretch of ordinary noise ends where a process resumed: what it had learned was lost there.
    private static func isLostByResume(_ range: Range<Int>, in run: RunCurves) -> Bool {
        guard range.upperBound < run.raw.count, smoothness(range, in: run) > otherText.value else { return false }
        let next = run.raw.steps[range.upperBound]
        return run.restarts.contains { abs($0.subtractingStep(next)) <= 2 * run.interval }
    }

    private static func symptom(_ dip: Departure, isUsual: Bool, in run: RunCurves) -> Symptom {
        let range = dip.records
        let values = run.raw.values[range]
        let before = Robust.median(run.raw.values[max(0, range.lowerBound - 50)..<max(1, range.lowerBound)])
        let lowest = values.min() ?? 0
        let first = run.raw.steps[range.lowerBound]
        let last = run.raw.steps[range.upperBound - 1]
        let smooth = smoothness(range, in: run)
        // Other batches, as noisy as before, on which the model goes on learning what validation asks: other text.
        let isOther = smooth > otherText.value && ValidationTrend.isUntouched(by: first, in: run)
        let verdict: Phrase =
            isUsual
            ? "such stretches come again and again in this log: so its data are"
            : isOther
                ? "the text there is different and easier, and validation loss goes on falling, so it does no harm"
                : "the data there were too easy"
        return Symptom(
            kind: kind,
            firstStep: first,
            lastStep: last,
            severity: isOther || isUsual
                ? .info : -dip.sigmas >= grave.value || smooth <= otherText.value ? .failure : .warning,
            summary: """
                Loss falls from \(loss: before) to \(loss: lowest) in \(steps: first...last) and then \
                returns: \(verdict).
                """,
            measurements: Measurements()
                .with(Self.before, before)
                .with(Self.lowest, lowest)
                .with(records, range.count)
                .with(noiseRatio, smooth)
                .with(expected, dip.chance)
        )
    }

    /// Noise inside the dip over the noise before it: near zero when every step saw the same batch.
    private static func smoothness(_ range: Range<Int>, in run: RunCurves) -> Double {
        let before = Robust.noise(run.raw.values[max(0, range.lowerBound - 100)..<range.lowerBound])
        return before > 0 ? Robust.noise(run.raw.values[range]) / before : 1
    }
}
