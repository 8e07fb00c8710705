import Foundation
import Terms
import TrainingLogs

extension SymptomKind {
    /// See ``ThroughputStallsRule``.
    public static let throughputStalls = SymptomKind("throughput-stalls")
}

/// Single steps take far longer than those around them, at even distances, and nothing that the log prints lies there.
package enum ThroughputStallsRule: SymptomRule {
    private static let long = Threshold(
        "time of a step over the median around it",
        2,
        "ratio",
        source: "the noise of step times is some per cent"
    )
    private static let least = Threshold("stalls", 5, "records", source: "fewer have no period")
    private static let regular = Threshold(
        "share of distances that are multiples of the period",
        0.8,
        "ratio",
        source: "by chance a distance is a multiple of P once in P times; periods from 3 records on count"
    )
    private static let cost = Threshold(
        "share of the run's time that is lost",
        0.05,
        "ratio",
        source: "less is not worth a search"
    )
    package static let kind = SymptomKind.throughputStalls
    package static let head = RuleHead(
        kind,
        title: "Throughput stalls",
        summary: "Single steps take more than twice as long as those around them, again and again at even distances.",
        thresholds: [long, least, regular, cost]
    )
    package static let needs: [Curve] = [.speed]
    package static let traits: SymptomTraits = [.lasting, .undated]

    package static let period = Measure<Int>(kind, "period", "period", .steps)
    package static let stalls = Measure<Int>(kind, "stalls", "stalls", .count)
    package static let lost = Measure<Double>(kind, "lost", "time lost", .share)
    package static let measures = [period.head, stalls.head, lost.head]

    /// Records that are looked at: a period shows in fewer.
    private static let mostRecords = 20_000

    package static func symptoms(in run: RunCurves) -> [Symptom] {
        guard let speed = SpeedCurve(of: run.history), speed.steps.count >= 40 else { return [] }
        let pauses = pauses(of: run)
        var total = 0.0
        var wasted = 0.0
        var hits: [Int] = []
        // The first records hold compilation.
        for index in 2..<min(speed.steps.count, mostRecords) {
            let time = exp(speed.slowness[index])
            total += time
            let excess = speed.excess(index)
            guard excess > long.value, !isPause(index, speed, pauses) else { continue }
            wasted += time * (1 - 1 / excess)
            hits.append(index)
        }
        let share = total > 0 ? wasted / total : 0
        guard Double(hits.count) >= least.value, share >= cost.value, share.isFinite,
            let period = period(of: hits)
        else { return [] }
        let steps = hits.map { speed.steps[$0] }
        return [
            Symptom(
                kind: kind,
                firstStep: steps[0],
                lastStep: steps[steps.count - 1],
                // A trainer may evaluate or save each so many steps without a line of it.
                severity: .info,
                summary: """
                    \(count: hits.count, "step") take more than twice as long as those around them, one each \
                    \(count: period * run.interval, "step"), the first at step \(steps[0]); \(share: share) of the run's \
                    time is lost. The log prints no evaluation and no checkpoint there.
                    """,
                measurements: Measurements().with(Self.period, period * run.interval).with(stalls, hits.count)
                    .with(lost, share)
            )
        ]
    }

    /// The steps at which a trainer does something else: evaluations, checkpoints, resumes.
    private static func pauses(of run: RunCurves) -> [Int] {
        let events = run.history.events.filter { $0.kind == .checkpoint || $0.kind == .resumed }.compactMap(\.step)
        return (run.history.validation.steps + events + run.restarts).sorted()
    }

    /// Whether a pause lies at a record, or between it and its neighbours.
    private static func isPause(_ index: Int, _ speed: SpeedCurve, _ pauses: [Int]) -> Bool {
        let low = speed.steps[max(0, index - 1)].subtractingStep(1)
        let high = speed.steps[min(speed.steps.count - 1, index + 1)].addingStep(1)
        var first = 0
        var last = pauses.count
        while first < last {
            let middle = (first + last) / 2
            if pauses[middle] < low { first = middle + 1 } else { last = middle }
        }
        return first < pauses.count && pauses[first] <= high
    }

    /// The distance, in records, of which the distances between stalls are multiples; a record of play.
    private static func period(of hits: [Int]) -> Int? {
        let gaps = zip(hits, hits.dropFirst()).map { $1 - $0 }
        let period = Int(Robust.median(gaps.map(Double.init)).rounded())
        guard period >= 3 else { return nil }
        let slack = period >= 8 ? 1 : 0
        let fitting = gaps.count { gap in
            let off = gap % period
            return gap >= period - slack && min(off, period - off) <= slack
        }
        return Double(fitting) >= regular.value * Double(gaps.count) ? period : nil
    }
}
