import Foundation
import TrainingLogs

/// A place where the level of a curve goes up and stays: windows before and after it, each by medians of small blocks.
package struct LevelShift: Sendable, Equatable {
    /// The first record of the new level.
    package var index: Int
    /// Median level of the window before and of the window after.
    package var before: Double
    package var after: Double
    /// (after − before) in robust standard deviations of single records.
    package var sigmas: Double
    /// Records in each window.
    package var width: Int

    /// Records in each window at most.
    package static let window = 100

    /// Parts of the window, and the longest log in which each is tried too: a curve that falls within the window hides a
    /// rise from it. A long log has as many chances of a hard stretch as it has short windows.
    private static let finer = [(share: 1, most: Int.max), (share: 3, most: 3000), (share: 6, most: 1200)]

    /// The upward shifts of a curve, each the highest of its neighbourhood, at least `least` sigma high.
    /// - Complexity: O(n).
    package static func rises(in series: Series, least: Double, noise: Double) -> [LevelShift] {
        let width = min(window, series.count / 6)
        guard width >= 10 else { return [] }
        var all: [LevelShift] = []
        for (share, most) in finer where series.count <= most && width / share >= 10 {
            let found = rises(in: series, least: least, noise: noise, width: width / share)
            all += found.filter { new in !all.contains { abs($0.index - new.index) <= 2 * $0.width } }
        }
        return all.sorted { $0.index < $1.index }
    }

    private static func rises(in series: Series, least: Double, noise: Double, width: Int) -> [LevelShift] {
        let blocks = Blocks(series, count: series.count, least: max(1, width / 10))
        let noise = max(noise, 1e-9)
        let span = 10
        let medians = blocks.medians
        guard medians.count >= 2 * span else { return [] }
        var shifts: [LevelShift] = []
        for middle in span...(medians.count - span) {
            let before = Robust.median(medians[middle - span..<middle])
            let after = Robust.median(medians[middle..<middle + span])
            let sigmas = (after - before) / noise
            guard sigmas >= least else { continue }
            let shift = LevelShift(
                index: middle * blocks.size,
                before: before,
                after: after,
                sigmas: sigmas,
                width: width
            )
            if let last = shifts.last, shift.index - last.index <= 2 * width {
                if shift.sigmas > last.sigmas { shifts[shifts.count - 1] = shift }
            } else {
                shifts.append(shift)
            }
        }
        return shifts.map { refined($0, in: series, radius: width) }
    }

    /// Moves the shift to the record that separates the two levels best: least sum of absolute deviations.
    ///
    /// The record must have the lower level before it: where a spike and a dip lie within the window, the best separation is
    /// an edge of the search that separates nothing, and the shift stays where it was.
    private static func refined(_ shift: LevelShift, in series: Series, radius: Int) -> LevelShift {
        var best = shift
        let low = max(1, shift.index - radius)
        let high = min(series.count - 1, shift.index + radius)
        guard low < high else { return shift }
        var cost = 0.0
        var least = 0.0
        best.index = low
        for index in low..<high {
            let value = series.values[index]
            cost += abs(value - shift.before) - abs(value - shift.after)
            if cost < least {
                least = cost
                best.index = index + 1
            }
        }
        let earlier = Robust.median(series.values[max(0, best.index - radius)..<best.index])
        return earlier < (shift.before + shift.after) / 2 ? best : shift
    }
}
