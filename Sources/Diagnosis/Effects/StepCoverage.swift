import Terms
import TrainingLogs

/// Which records of a curve cover known steps, by what a record means.
package struct StepCoverage: Sendable {
    /// Of each record the share of its steps that are known: 1 for a record of one known step.
    package let shares: [Double]
    /// How many known steps the records cover, and how many lie between records that show one step each.
    package let shown: Int
    package let hidden: Int

    /// Lays known steps over the records of a curve.
    /// - Parameters:
    ///   - places: known steps, rising and without overlap.
    ///   - series: the curve; its steps rise.
    ///   - interval: the usual distance between two records.
    ///   - scope: what a record means.
    package init(_ places: [ClosedRange<Int>], over series: Series, interval: Int, scope: LossScope) {
        let own = Self.shares(places, series, reach: 1)
        let isMean = scope == .interval || scope == .unknown && interval > 1 && own.shown == 0
        let found = isMean ? Self.shares(places, series, reach: interval) : own
        shares = found.shares
        shown = found.shown
        let first = series.steps.first ?? 0
        let last = series.steps.last ?? -1
        let within = places.reduce(0) { sum, place in
            let (low, high) = (max(place.lowerBound, first), min(place.upperBound, last))
            return low <= high ? sum.addingStep(high.subtractingStep(low).addingStep(1)) : sum
        }
        hidden = max(0, within.subtractingStep(found.shown))
    }

    /// The shares where each record stands for the steps since the one before, at most so many.
    private static func shares(
        _ places: [ClosedRange<Int>],
        _ series: Series,
        reach: Int
    ) -> (shares: [Double], shown: Int) {
        var shares = Array(repeating: 0.0, count: series.count)
        var shown = 0
        var next = 0
        var before: Int?
        for (index, step) in series.steps.enumerated() {
            let start = max(before.map { $0.addingStep(1) } ?? .min, step.subtractingStep(reach).addingStep(1))
            before = step
            while next < places.count, places[next].upperBound < start { next += 1 }
            var place = next
            var covered = 0
            while place < places.count, places[place].lowerBound <= step {
                let low = max(start, places[place].lowerBound)
                let high = min(step, places[place].upperBound)
                if low <= high { covered = covered.addingStep(high.subtractingStep(low).addingStep(1)) }
                place += 1
            }
            guard covered > 0 else { continue }
            shown = shown.addingStep(covered)
            shares[index] = Double(covered) / Double(max(1, step.subtractingStep(start).addingStep(1)))
        }
        return (shares, shown)
    }
}
