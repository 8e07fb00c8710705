import Foundation

/// Where the composition of the data changes by more than sampling explains.
///
/// Windows are draws of rows from a multinomial distribution. The run is cut into stretches of one composition each by
/// optimal partitioning: the likelihood of all stretches, less a penalty for each cut (Jackson et al. 2005, IEEE Signal
/// Processing Letters 12:2). Rows that come in clumps, such as batches of one source, count as fewer draws.
struct MixtureChanges: Sendable, Equatable {
    /// A place where the composition changes.
    struct Change: Sendable, Equatable {
        /// The first step of the new composition, in the numbering of the log.
        var step: Int
        /// The shares of the groups before and after.
        var before: [Double]
        var after: [Double]

        /// Half the sum of the differences of all shares: the share of the rows that come from elsewhere.
        var distance: Double { MixtureChanges.distance(before, after) }
    }

    /// How probable a cut in a steady mixture may be, over all windows of a run.
    static let falseAlarms = 0.01
    /// The share of the rows that must come from elsewhere. Sources differ by about one nat of loss, so that less moves the
    /// loss by less than 0.05 nats, the batch noise of large runs.
    static let leastDistance = 0.05

    /// The changes by rising step.
    let changes: [Change]
    /// By how much rows vary more than independent draws; at least 1.
    let dispersion: Double
    /// The log-likelihood, nats, that a cut must gain.
    let penalty: Double

    /// Looks for changes.
    init(_ count: MixtureCount) {
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
        let cuts = Self.partition(sums, penalty: penalty)
        let kept = Self.withoutSmall(cuts, sums)
        changes = Self.bounds(kept, sums.count - 1).map { stretch, next in
            let before = Self.shares(sums, stretch)
            let after = Self.shares(sums, next)
            let near = windows[max(stretch.lowerBound, next.lowerBound - 1)...next.lowerBound].flatMap(\.reads)
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
    static func penalty(windows: Int, degrees: Int) -> Double {
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

    /// Minus the highest log-likelihood of a stretch of windows.
    private static func cost(_ sums: [[Double]], _ first: Int, _ end: Int) -> Double {
        var (total, result) = (0.0, 0.0)
        for (low, high) in zip(sums[first], sums[end]) where high > low {
            total += high - low
            result -= (high - low) * log(high - low)
        }
        return total > 0 ? result + total * log(total) : 0
    }

    /// The first windows of all stretches but the first.
    /// - Complexity: O(windows² · groups).
    private static func partition(_ sums: [[Double]], penalty: Double) -> [Int] {
        let count = sums.count - 1
        var best = [-penalty] + [Double](repeating: .infinity, count: count)
        var previous = [Int](repeating: 0, count: count + 1)
        for end in 1...max(1, count) {
            for first in 0..<end {
                let value = best[first] + cost(sums, first, end) + penalty
                if value < best[end] { (best[end], previous[end]) = (value, first) }
            }
        }
        var cuts: [Int] = []
        var end = count
        while end > 0 {
            end = previous[end]
            if end > 0 { cuts.append(end) }
        }
        return cuts.reversed()
    }

    /// The cuts without those across which hardly anything changes.
    private static func withoutSmall(_ cuts: [Int], _ sums: [[Double]]) -> [Int] {
        var cuts = cuts
        while true {
            let distances = bounds(cuts, sums.count - 1).map { distance(shares(sums, $0), shares(sums, $1)) }
            guard let least = distances.indices.min(by: { distances[$0] < distances[$1] }),
                distances[least] < leastDistance
            else { return cuts }
            cuts.remove(at: least)
        }
    }

    /// The stretches on both sides of each cut.
    private static func bounds(_ cuts: [Int], _ count: Int) -> [(Range<Int>, Range<Int>)] {
        let edges = [0] + cuts + [count]
        let stretches = zip(edges, edges.dropFirst()).map { $0..<$1 }
        return Array(zip(stretches, stretches.dropFirst()))
    }

    private static func shares(_ sums: [[Double]], _ stretch: Range<Int>) -> [Double] {
        let draws = zip(sums[stretch.lowerBound], sums[stretch.upperBound]).map { $1 - $0 }
        let total = draws.reduce(0, +)
        return draws.map { total > 0 ? max(0, $0) / total : 0 }
    }

    static func distance(_ left: [Double], _ right: [Double]) -> Double {
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
