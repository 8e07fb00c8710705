import Terms
import TrainingLogs

extension SymptomKind {
    /// See ``ScheduleJumpRule``.
    public static let scheduleJump = SymptomKind("schedule-jump")
}

/// The learning rate changes abruptly.
package enum ScheduleJumpRule: SymptomRule {
    private static let factor = Threshold(
        "change between two records",
        2,
        "ratio",
        source: "smooth schedules change by a few percent a record after warm-up"
    )
    private static let share = Threshold(
        "change relative to the peak so far",
        0.2,
        "ratio",
        source: "the tail of a linear decay changes by less"
    )
    private static let small = Threshold(
        "rate after a rise relative to the highest of the run",
        0.05,
        "ratio",
        source: "the first steps of a warm-up, printed with few digits, double from one record to the next"
    )

    package static let kind = SymptomKind.scheduleJump
    package static let head = RuleHead(
        kind,
        title: "Learning rate jumps",
        summary: "The learning rate in the log changes by a factor within one record, outside of warm-up.",
        thresholds: [factor, share, small]
    )
    package static let needs: [Curve] = [.learningRate]
    package static let traits: SymptomTraits = [.undated]

    package static let from = Measure<Double>(kind, "from", "learning rate before")
    package static let to = Measure<Double>(kind, "to", "learning rate after")
    package static let ratio = Measure<Double>(kind, "ratio", "learning rate, against that before", .times)
    package static let stair = Measure<Bool>(kind, "stair", "a planned stair", .onlyWhereTrue)
    package static let measures = [from.head, to.head, ratio.head, stair.head]

    package static func symptoms(in run: RunCurves) -> [Symptom] {
        let rates = run.learningRate
        // A rate that flickers between 0 and one value is a small rate printed in too few digits.
        let turns = zip(rates.values, rates.values.dropFirst()).count { ($0 == 0) != ($1 == 0) }
        let digit = turns >= 3 ? rates.values.lazy.filter { $0 > 0 }.min() ?? 0 : 0
        var peak = 0.0
        let highest = rates.values.max() ?? 0
        var hasFallen = false
        var found: [Symptom] = []
        // The jump up that nothing has undone yet.
        var rise: (index: Int, from: Double)?
        for index in rates.values.indices.dropFirst() {
            let (before, now) = (rates.values[index - 1], rates.values[index])
            peak = max(peak, before)
            hasFallen = hasFallen || now < before * 0.9999
            let isPlateau = index >= 2 && rates.values[index - 2] >= before * 0.9999
            let isUp =
                now >= factor.value * before && now - before >= share.value * peak && before > 0
                && now >= small.value * highest
            let isCut = isPlateau && rates.values[index - 2] <= before * 1.0001 && before >= 0.05 * peak
            let isDown = now * factor.value <= before && before > 0 && (isCut || before - now >= share.value * peak)
            guard isUp && (hasFallen || isPlateau) || isDown && !isLast(index, in: run) else { continue }
            if min(before, now) == 0, max(before, now) <= 1.5 * digit { continue }
            let ratio = before > 0 ? now / before : 0
            let later = rates.values[index..<min(rates.count, index + 40)]
            // Back, soon, from a jump up to where the rate was: the end of a mistake, and no stair.
            let isReturn =
                ratio < 1
                && rise.map { rise in
                    index - rise.index <= max(50, rates.count / 20) && now < 1.5 * rise.from && rise.from < 1.5 * now
                } ?? false
            rise = ratio > 1 ? (index, before) : nil
            let isStair = ratio < 1 && !isReturn && now > 0 && later.allSatisfy { $0 <= 1.01 * now }
            let planned = run.configuration.schedule
            let severity: Severity = (isStair || isReturn) && (planned == nil || planned == .step) ? .info : .warning
            guard found.count < 16 else { break }
            let ending: Phrase =
                isStair ? " and stays there" : isReturn ? ", about where it was before it jumped" : ""
            found.append(
                Symptom(
                    kind: kind,
                    firstStep: rates.steps[index],
                    lastStep: rates.steps[index],
                    severity: severity,
                    summary: """
                        Learning rate goes from \(rate: before) to \(rate: now) at step \(rates.steps[index])\(ending).
                        """,
                    measurements: Measurements()
                        .with(from, before)
                        .with(to, now)
                        .with(Self.ratio, ratio)
                        .with(stair, isStair)
                )
            )
        }
        return found
    }

    /// The steps at which the rate is cut by a factor and stays down: stairs of a step schedule.
    package static func cuts(in run: RunCurves) -> [Int] {
        symptoms(in: run).filter { $0[stair] == true }.map(\.firstStep)
    }

    /// The last record may be a schedule's final zero.
    private static func isLast(_ index: Int, in run: RunCurves) -> Bool { index >= run.learningRate.count - 2 }
}
