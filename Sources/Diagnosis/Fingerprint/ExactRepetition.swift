import Foundation
import TrainingLogs

/// A stretch of a log whose losses were printed before, digit for digit.
package struct ExactRepetition: Sendable, Equatable {
    /// Records that a stretch needs: batch noise changes the printed digits of any real run.
    package static let leastRecords = 20
    /// Stretches by chance above which one is not reported: 1 log in a million.
    private static let mostChance = 1e-6
    /// Records that are looked up as one.
    private static let key = 8
    /// Of the rolling hash (Knuth, 1997), and its power that the oldest record has.
    private static let factor: UInt64 = 6_364_136_223_846_793_005
    private static let oldest = (0..<key).reduce(UInt64(1)) { power, _ in power &* factor }

    /// The later steps.
    package var steps: ClosedRange<Int>
    /// Steps from the losses to the steps that print them again.
    package var lag: Int
    /// The records that agree.
    package var records: Int

    /// The longest exact repetition of a curve with rising steps.
    ///
    /// Coarsely printed losses repeat by chance, and a constant loss repeats always: the chance of one record to agree is
    /// taken from the records at other lags near by.
    /// - Complexity: O(n).
    package static func find(_ series: Series) -> ExactRepetition? {
        let values = series.values
        guard values.count >= 2 * leastRecords else { return nil }
        var best: (lag: Int, range: Range<Int>) = (0, 0..<0)
        // Every eighth place is kept, so that a long log needs little memory; a stretch of 20 records holds one whole.
        var kept: [UInt64: Int] = [:]
        var hash: UInt64 = 0
        var done = 0
        for place in 1...values.count {
            hash = hash &* factor &+ values[place - 1].bitPattern
            if place > key { hash = hash &- values[place - 1 - key].bitPattern &* oldest }
            guard place >= key else { continue }
            if place > done, let former = kept[hash] {
                let range = extent(values, place, place - former)
                done = max(place, range.upperBound)
                let isConstant = range.allSatisfy { values[$0] == values[range.lowerBound] }
                if range.count > best.range.count, !isConstant { best = (place - former, range) }
            }
            if place.isMultiple(of: key) { kept[hash] = place }
        }
        guard best.range.count >= leastRecords else { return nil }
        // The distance of two kept places may be several periods.
        let lag = (1...best.lag).first { lag in
            best.lag.isMultiple(of: lag) && best.range.allSatisfy { values[$0] == values[$0 - lag] }
        }
        guard let lag, isBeyondChance(best.range, lag: lag, values) else { return nil }
        let range = extent(values, best.range.upperBound, lag)
        let first = series.steps[range.lowerBound]
        return ExactRepetition(
            steps: first...series.steps[range.upperBound - 1],
            lag: first.subtractingStep(series.steps[range.lowerBound - lag]),
            records: range.count
        )
    }

    /// The range around a place in which every record equals the one a lag before.
    private static func extent(_ values: [Double], _ place: Int, _ lag: Int) -> Range<Int> {
        var low = place
        while low > lag, values[low - 1] == values[low - 1 - lag] { low -= 1 }
        var high = place
        while high < values.count, values[high] == values[high - lag] { high += 1 }
        return low..<high
    }

    private static func isBeyondChance(_ range: Range<Int>, lag: Int, _ values: [Double]) -> Bool {
        var pairs = 0
        var equal = 0
        // Lags that are near the period and none of it: levels are the same there, batches are not.
        for shift in [-3, -2, -1, 1, 2, 3] {
            let other = lag + shift
            guard other > 0, !other.isMultiple(of: lag) else { continue }
            for place in range where place - other >= 0 {
                pairs += 1
                equal += values[place] == values[place - other] ? 1 : 0
            }
        }
        guard pairs > 0 else { return false }
        let share = (Double(equal) + 1) / Double(pairs + 2)
        let tests = 0.5 * Double(values.count) * Double(values.count)
        return Double(range.count) * log(share) + log(tests) < log(mostChance)
    }
}
