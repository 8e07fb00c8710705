import Foundation
import Terms
import TrainingLogs

extension SymptomKind {
    /// See ``ScheduleMisalignedRule``.
    public static let scheduleMisaligned = SymptomKind("schedule-misaligned")
}

/// The learning rate as applied does not fit the length of the run or the schedule as configured.
package enum ScheduleMisalignedRule: SymptomRule {
    private static let endless = Threshold(
        "share of the planned run spent rising",
        0.5,
        "ratio",
        source: "warm-ups take 0.1 to 10 % of a run"
    )
    private static let early = Threshold(
        "share of the planned run after which the rate is spent",
        0.85,
        "ratio",
        source: "a decay ends with the run"
    )
    private static let deviation = Threshold(
        "applied rate over configured rate",
        2,
        "ratio",
        source: "rounding and off-by-one steps explain a few percent"
    )

    package static let kind = SymptomKind.scheduleMisaligned
    package static let head = RuleHead(
        kind,
        title: "Schedule does not fit the run",
        summary:
            "The rate still rises late in the run, is spent long before its end, is zero, or departs from the plan.",
        thresholds: [endless, early, deviation]
    )
    package static let needs: [Curve] = [.learningRate]
    package static let traits: SymptomTraits = [.lasting, .undated]

    package static let peak = Measure<Double>(kind, "peak", "highest learning rate")
    package static let final = Measure<Double>(kind, "final", "learning rate at the end")
    package static let ratio = Measure<Double>(kind, "ratio", "largest departure from the plan", .times)
    package static let records = Measure<Int>(kind, "records", "records off the plan", .count)
    package static let rising = Measure<Bool>(kind, "rising", "warm-up never ends", .onlyWhereTrue)
    package static let spent = Measure<Bool>(kind, "spent", "schedule spent before the run ended", .onlyWhereTrue)
    package static let departed = Measure<Bool>(kind, "departed", "departs from the plan", .onlyWhereTrue)
    package static let measures = [
        peak.head, final.head, ratio.head, records.head, rising.head, spent.head, departed.head,
    ]

    package static func symptoms(in run: RunCurves) -> [Symptom] {
        let rates = run.learningRate
        guard rates.count >= 20, let peak = rates.values.max(), let first = rates.steps.first,
            let last = rates.steps.last
        else { return [] }
        if peak == 0 {
            return [
                symptom(
                    from: first,
                    to: last,
                    "The learning rate is 0 in every record.",
                    Measurements().with(Self.peak, 0)
                )
            ]
        }
        return stillRising(rates, peak: peak, in: run) + spentEarly(rates, peak: peak, in: run)
            + offPlan(rates, peak: peak, in: run)
    }

    private static func stillRising(_ rates: Series, peak: Double, in run: RunCurves) -> [Symptom] {
        guard let first = rates.steps.first, let last = rates.steps.last, let end = rates.values.last else { return [] }
        let planned = Double(max(run.plannedSteps ?? 0, last.subtractingStep(run.history.stepBase)))
        let top = rates.values.firstIndex { $0 >= 0.999 * peak } ?? 0
        let climbed = Double(rates.steps[top].subtractingStep(first))
        let rises = zip(rates.values[..<top], rates.values[...top].dropFirst()).filter { $1 >= $0 }.count
        // A warm-up climbs all along; a rate that stands and then jumps is another fault.
        let (half, late) = (rates.values[top / 2], rates.values[3 * top / 4])
        guard climbed >= endless.value * planned, half < 0.9 * late, late < 0.95 * peak, rates.values[0] < 0.5 * peak,
            Double(rises) >= 0.95 * Double(top)
        else { return [] }
        return [
            symptom(
                from: rates.steps[min(top, max(1, top / 2))],
                to: last,
                """
                The learning rate rises until step \(rates.steps[top]), to \(rate: peak): warm-up does not end.
                """,
                Measurements().with(Self.peak, peak).with(final, end).with(rising, true),
                // Without a plan a log that ends in the warm-up may be a run that was stopped there.
                severity: run.plannedSteps == nil && last.subtractingStep(first) < 1000 ? .info : .warning
            )
        ]
    }

    private static func spentEarly(_ rates: Series, peak: Double, in run: RunCurves) -> [Symptom] {
        guard let last = rates.steps.last, let end = rates.values.last, end <= 1e-3 * peak else { return [] }
        let alive = rates.values.lastIndex { $0 > 1e-3 * peak } ?? 0
        guard alive + 1 < rates.count else { return [] }
        let dead = rates.steps[alive + 1]
        let base = run.history.stepBase
        let total = Double(max(run.plannedSteps ?? 0, last.subtractingStep(base)))
        guard rates.count - alive > 20, Double(dead.subtractingStep(base)) < early.value * total else { return [] }
        return [
            symptom(
                from: dead,
                to: last,
                "The learning rate is \(rate: rates.values[alive + 1]) from step \(dead) on; the run goes on.",
                Measurements().with(Self.peak, peak).with(final, end).with(spent, true)
            )
        ]
    }

    private static func offPlan(_ rates: Series, peak: Double, in run: RunCurves) -> [Symptom] {
        guard !run.history.learningRateIsMultiplier, let plan = PlannedRate(run) else { return [] }
        var worst = (index: 0, ratio: 1.0)
        var off: [Int] = []
        for index in rates.steps.indices {
            let expected = plan.rate(atStep: rates.steps[index])
            guard expected > 0.02 * plan.peak || rates.values[index] > 0.05 * plan.peak else { continue }
            let ratio = max(rates.values[index], 1e-12) / max(expected, 1e-12)
            guard ratio > deviation.value || ratio < 1 / deviation.value else { continue }
            off.append(index)
            if abs(log(ratio)) > abs(log(worst.ratio)) { worst = (index, ratio) }
        }
        guard off.count >= 5, let first = off.first, let last = off.last else { return [] }
        return [
            symptom(
                from: rates.steps[first],
                to: rates.steps[last],
                """
                The learning rate is \(rate: rates.values[worst.index]) at step \(rates.steps[worst.index]), where \
                \(rate: plan.rate(atStep: rates.steps[worst.index])) is configured; it is off by more than a factor of \
                two in \(count: off.count, "record").
                """,
                Measurements()
                    .with(Self.peak, peak)
                    .with(ratio, worst.ratio)
                    .with(records, off.count)
                    .with(departed, true)
            )
        ]
    }

    private static func symptom(
        from first: Int,
        to last: Int,
        _ summary: Phrase,
        _ measurements: Measurements,
        severity: Severity = .warning
    ) -> Symptom {
        Symptom(
            kind: kind,
            firstStep: first,
            lastStep: last,
            severity: severity,
            summary: summary,
            measurements: measurements
        )
    }
}
