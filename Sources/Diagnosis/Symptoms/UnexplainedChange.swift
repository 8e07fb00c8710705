import Terms
import TrainingLogs

extension SymptomKind {
    /// See ``UnexplainedChangeRule``.
    public static let unexplainedChange = SymptomKind("unexplained-change")
}

/// The curve moves as healthy training does not, and no other symptom tells of it.
package enum UnexplainedChangeRule: SymptomRule {
    private static let chance = Threshold(
        "expected number of such changes by chance in the log",
        CurveScan.leastChance,
        "changes",
        source: "as of the loss-spike rule"
    )
    private static let speed = Threshold(
        "fall of the loss over the one before it, over as many records",
        3,
        "ratio",
        source: "a learning curve falls ever more slowly; the end of a schedule doubles its pace"
    )
    private static let share = Threshold(
        "fall relative to the level",
        0.1,
        "ratio",
        source: "whoever looks at the plot sees it"
    )

    package static let kind = SymptomKind.unexplainedChange
    package static let head = RuleHead(
        kind,
        title: "Change without an explanation",
        summary: """
            The loss leaves the course of healthy training, up or suddenly down, and nothing that is known of the run \
            explains it.
            """,
        thresholds: [chance, speed, share]
    )
    package static let needs: [Curve] = [.trainingLoss]
    package static let traits: SymptomTraits = [.lasting, .undated]

    package static let change = Measure<Double>(kind, "change", "change, nats")
    package static let records = Measure<Int>(kind, "records", "length", .records)
    package static let measures = [change.head, records.head]

    /// Nothing by itself: what is not explained is what the other rules leave over, see ``symptoms(in:beside:)``.
    package static func symptoms(in run: RunCurves) -> [Symptom] { [] }

    /// What no other symptom tells of.
    /// - Parameters:
    ///   - run: The curves.
    ///   - others: The symptoms of the other rules.
    package static func symptoms(in run: RunCurves, beside others: [Symptom]) -> [Symptom] {
        let told = others.filter { $0.kind != .logGap && $0.kind != .runAborted }.map { symptom in
            symptom.firstStep.subtractingStep(2 * run.interval)...symptom.lastStep.addingStep(2 * run.interval)
        }
        func isTold(_ records: Range<Int>) -> Bool {
            let (first, last) = (run.raw.steps[records.lowerBound], run.raw.steps[records.upperBound - 1])
            return told.contains { $0.lowerBound <= last && first <= $0.upperBound }
        }
        let departures = run.description.departures.filter { $0.shape != .outlier && !isTold($0.records) }
        let changes =
            departures.map { (records: $0.records, change: $0.size) } + falls(in: run).filter { !isTold($0.records) }
        return changes.prefix(8).map { symptom($0.records, $0.change, in: run) }
    }

    private static func symptom(_ records: Range<Int>, _ size: Double, in run: RunCurves) -> Symptom {
        let (first, last) = (run.raw.steps[records.lowerBound], run.raw.steps[records.upperBound - 1])
        return Symptom(
            kind: kind,
            firstStep: first,
            lastStep: last,
            severity: .info,
            summary:
                "Not explained: loss \(size < 0 ? "falls" : "rises") by \(loss: abs(size)) in \(steps: first...last).",
            measurements: Measurements().with(change, size).with(Self.records, records.count)
        )
    }

    /// Sudden falls: three times as far as over the stretch before, where learning only slows down.
    private static func falls(in run: RunCurves) -> [(records: Range<Int>, change: Double)] {
        let count = run.raw.count
        guard count >= 100 else { return [] }
        let blocks = Blocks(run.raw, count: 100, least: 3)
        let levels = blocks.medians
        var found: [(records: Range<Int>, change: Double)] = []
        // The first tenth is the fast fall itself.
        for index in levels.indices.dropFirst(max(3, levels.count / 10)).dropLast() {
            let (before, now, after) = (levels[index - 2], levels[index - 1], levels[index + 1])
            let fall = now - after
            guard fall > share.value * abs(now), fall > speed.value * max(0, before - now), fall > 8 * blocks.error
            else {
                continue
            }
            let records = (index - 1) * blocks.size..<min(count, (index + 2) * blocks.size)
            if let last = found.last, last.records.upperBound >= records.lowerBound {
                found[found.count - 1] = (
                    last.records.lowerBound..<records.upperBound, last.change - max(0, levels[index] - after)
                )
            } else {
                found.append((records, -fall))
            }
        }
        return found
    }
}
