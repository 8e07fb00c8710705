import Foundation

/// Where the composition of the data changes by more than sampling explains.
///
/// Windows are draws of rows from a multinomial distribution. The run is cut into stretches of one composition each by
/// optimal partitioning: the likelihood of all stretches, less a penalty for each cut (Jackson et al. 2005, IEEE Signal
/// Processing Letters 12:2). Rows that come in clumps, such as batches of one source, count as fewer draws.
package struct MixtureChanges: Sendable, Equatable {
    /// A place where the composition changes.
    package struct Change: Sendable, Equatable {
        /// The first step of the new composition, in the numbering of the log.
        package var step: Int
        /// The shares of the groups before and after.
        package var before: [Double]
        package var after: [Double]

        /// Half the sum of the differences of all shares: the share of the rows that come from elsewhere.
        package var distance: Double { MixtureChanges.distance(before, after) }
    }

    /// How probable a cut in a steady mixture may be, over all windows of a run.
    package static let falseAlarms = 0.01
    /// The share of the rows that must come from elsewhere. Sources differ by about one nat of loss, so that less moves the
    /// loss by less than 0.05 nats, the batch noise of large runs.
    package static let leastDistance = 0.05

    /// The changes by rising step.
    package let changes: [Change]
    /// By how much rows vary more than independent draws; at least 1.
    package let dispersion: Double
    /// The log-likelihood, nats, that a cut must gain.
    package let penalty: Double

    /// Looks for changes.
    package init(_ count: MixtureCount) {
        let windows = count.windows.filter { !$0.reads.isEmpty }
        let dispersion = Self.dispersion(windows.flatMap(\.reads))
        let draws = windows.map { Self.draws($0.reads, dispersion) }
        let sums = Self.prefixSums(draws, groups: count.bands.names.count)
        let present = (sums.last ?? []).count { $0 > 0 }
        penalty = Self.penalty(windows: windows.count, degrees: present - 1)
        self.dispersion = dispersion
        guard present > 1, windows.count > 1 else {
            changes = []
            return
        }
        let stretches = Self.withoutSmall(
            Self.withoutStraddling(Self.partition(sums, penalty: penalty), windows, sums, dispersion, penalty),
            sums
        )
        changes = zip(stretches, stretches.dropFirst()).map { stretch, next in
            let before = Self.shares(sums, stretch)
            let after = Self.shares(sums, next)
            let near = windows[stretch.upperBound - 1...next.lowerBound].flatMap(\.reads)
            return Change(step: Self.place(near, before, after), before: before, after: after)
        }
    }

    // MARK: Draws

    /// The draws of each group: rows, by the share that the group has of each step.
    private static func draws(_ reads: [StepRead], _ dispersion: Double) -> [Double] {
        var result = [Double](repeating: 0, count: reads.first?.amounts.count ?? 0)
        for read in reads where read.total > 0 {
            let scale = read.rows / (read.total * dispersion)
            for group in result.indices { result[group] += read.amounts[group] * scale }
        }
        return result
    }

    /// Pearson's statistic between neighbouring steps over what independent rows would give; at least 1.
    private static func dispersion(_ reads: [StepRead]) -> Double {
        var (sum, degrees) = (0.0, 0.0)
        for (left, right) in zip(reads, reads.dropFirst()) where left.total > 0 && right.total > 0 {
            let (a, b) = (left.rows / left.total, right.rows / right.total)
            let ratio = (right.rows / left.rows).squareRoot()
            guard ratio.isFinite, ratio > 0 else { continue }
            var present = 0
            for (x, y) in zip(left.amounts, right.amounts) where x + y > 0 {
                let (x, y) = (x * a, y * b)
                sum += (x * ratio - y / ratio) * (x * ratio - y / ratio) / (x + y)
                present += 1
            }
            degrees += Double(max(1, present - 1))
        }
        return degrees > 0 ? max(1, sum / degrees) : 1
    }

    /// What a cut must gain, so that a steady mixture is cut with a small probability however many windows there are:
    /// half a bound of the quantile of chi-squared (Laurent and Massart 2000, Lemma 1), once for each window.
    package static func penalty(windows: Int, degrees: Int) -> Double {
        let surprise = log(Double(max(2, windows)) / falseAlarms)
        let degrees = Double(max(1, degrees))
        return degrees / 2 + (degrees * surprise).squareRoot() + surprise
    }

    // MARK: Partition

    /// For each window the draws of all windows before it, and at the end of all.
    private static func prefixSums(_ draws: [[Double]], groups: Int) -> [[Double]] {
        var sums = [[Double](repeating: 0, count: groups)]
        for window in draws { sums.append(zip(sums[sums.count - 1], window).map { $0 + $1 }) }
        return sums
    }

    /// Minus the highest log-likelihood of what lies between two sums.
    private static func cost(_ first: [Double], _ end: [Double]) -> Double {
        var (total, result) = (0.0, 0.0)
        for (low, high) in zip(first, end) where high > low {
            total += high - low
            result -= (high - low) * log(high - low)
        }
        return total > 0 ? result + total * log(total) : 0
    }

    /// Stretches of windows of one composition each.
    /// - Complexity: O(windows² · groups).
    private static func partition(_ sums: [[Double]], penalty: Double) -> [Range<Int>] {
        let count = sums.count - 1
        var best = [-penalty] + [Double](repeating: .infinity, count: count)
        var previous = [Int](repeating: 0, count: count + 1)
        for end in 1...max(1, count) {
            for first in 0..<end {
                let value = best[first] + cost(sums[first], sums[end]) + penalty
                if value < best[end] { (best[end], previous[end]) = (value, first) }
            }
        }
        var stretches: [Range<Int>] = []
        var end = count
        while end > 0 {
            stretches.append(previous[end]..<end)
            end = previous[end]
        }
        return stretches.reversed()
    }

    /// The stretches without single windows in the middle of which one composition gives way to the next: there is one cut
    /// at a step, and not two at windows.
    private static func withoutStraddling(
        _ stretches: [Range<Int>],
        _ windows: [MixtureCount.Window],
        _ sums: [[Double]],
        _ dispersion: Double,
        _ penalty: Double
    ) -> [Range<Int>] {
        var result: [Range<Int>] = []
        for (index, stretch) in stretches.enumerated() {
            guard stretch.count == 1, let last = result.last, last.upperBound == stretch.lowerBound,
                index + 1 < stretches.count
            else {
                result.append(stretch)
                continue
            }
            let next = stretches[index + 1]
            let (start, end) = (sums[last.lowerBound], sums[next.upperBound])
            let apart =
                cost(start, sums[last.upperBound]) + cost(sums[last.upperBound], sums[next.lowerBound])
                + cost(sums[next.lowerBound], end) + penalty
            var edge = sums[last.upperBound]
            var together = cost(start, edge) + cost(edge, end)
            for read in windows[stretch.lowerBound].reads {
                edge = zip(edge, draws([read], dispersion)).map { $0 + $1 }
                together = min(together, cost(start, edge) + cost(edge, end))
            }
            if together > apart { result.append(stretch) }
        }
        return result
    }

    /// The stretches, neighbours between which hardly anything changes as one.
    private static func withoutSmall(_ stretches: [Range<Int>], _ sums: [[Double]]) -> [Range<Int>] {
        var stretches = stretches
        while true {
            let distances = zip(stretches, stretches.dropFirst()).map { distance(shares(sums, $0), shares(sums, $1)) }
            guard let least = distances.indices.min(by: { distances[$0] < distances[$1] }),
                distances[least] < leastDistance
            else { return stretches }
            stretches[least] = stretches[least].lowerBound..<stretches[least + 1].upperBound
            stretches.remove(at: least + 1)
        }
    }

    private static func shares(_ sums: [[Double]], _ stretch: Range<Int>) -> [Double] {
        let draws = zip(sums[stretch.lowerBound], sums[stretch.upperBound]).map { $1 - $0 }
        let total = draws.reduce(0, +)
        return draws.map { total > 0 ? max(0, $0) / total : 0 }
    }

    package static func distance(_ left: [Double], _ right: [Double]) -> Double {
        zip(left, right).reduce(0) { $0 + abs($1.0 - $1.1) } / 2
    }

    /// The step from which on the steps near a cut look like those after it.
    private static func place(_ reads: [StepRead], _ before: [Double], _ after: [Double]) -> Int {
        // A share of 0 must not forbid a row that strayed.
        let gains = reads.map { read -> Double in
            let rows = read.total > 0 ? read.rows / read.total : 0
            return zip(read.amounts, zip(before, after)).reduce(0) { sum, group in
                sum + group.0 * rows * (log(group.1.0 + 1e-3) - log(group.1.1 + 1e-3))
            }
        }
        var (sum, best, place) = (0.0, 0.0, 0)
        for (index, gain) in gains.enumerated() {
            sum += gain
            if sum > best { (best, place) = (sum, index + 1) }
        }
        return reads.indices.contains(place) ? reads[place].step : reads.last?.step ?? 0
    }
}
