import Foundation

/// A straight line through records of a curve, or two parallel ones with a step between them, that a few wild records cannot
/// move. What it says is linear in the records, so that its uncertainty can be computed.
package struct LocalLine: Sendable {
    /// The records before, and those after the step.
    private let groups: [[Int]]
    private let times: [Double]
    private var weights: [[Double]] = []
    private var sums: [Double] = []
    private var means: [Double] = []
    private var spread = 0.0
    private var fitted: (levels: [Double], slope: Double) = ([], 0)
    /// Standard deviation of the records about the line; of wild ones no more than four robust deviations counts.
    package private(set) var deviation = 0.0

    /// Fits by Huber's weights, three rounds.
    /// - Parameters:
    ///   - groups: the indices of the records, one group for one line, two for a step.
    ///   - values: the curve.
    ///   - times: the time of each record.
    package init?(_ groups: [[Int]], values: [Double], times: [Double]) {
        let groups = groups.filter { !$0.isEmpty }
        let count = groups.reduce(0) { $0 + $1.count }
        guard count >= 3 else { return nil }
        self.groups = groups
        self.times = times
        weights = groups.map { Array(repeating: 1, count: $0.count) }
        for round in 0..<4 {
            fitted = fit(values)
            var residuals: [Double] = []
            residuals.reserveCapacity(count)
            for (place, group) in groups.enumerated() {
                for index in group { residuals.append(values[index] - level(at: times[index], group: place)) }
            }
            let freedom = Double(count) / Double(max(1, count - groups.count - 1))
            let scale = max(Robust.deviation(residuals), 1e-12)
            let power = residuals.reduce(0.0) { sum, residual in
                let kept = min(abs(residual), 4 * scale)
                return sum + kept * kept
            }
            deviation = (power / Double(count) * freedom).squareRoot()
            guard round < 3 else { break }
            var next = 0
            for place in groups.indices {
                for position in groups[place].indices {
                    weights[place][position] = min(1, 2 * scale / max(abs(residuals[next]), 1e-12))
                    next += 1
                }
            }
        }
    }

    private mutating func fit(_ values: [Double]) -> (levels: [Double], slope: Double) {
        sums = weights.map { $0.reduce(0, +) }
        means = []
        var levels: [Double] = []
        for (place, group) in groups.enumerated() {
            var (time, value) = (0.0, 0.0)
            for (index, weight) in zip(group, weights[place]) {
                time += weight * times[index]
                value += weight * values[index]
            }
            means.append(time / sums[place])
            levels.append(value / sums[place])
        }
        var (product, power) = (0.0, 0.0)
        for (place, group) in groups.enumerated() {
            for (index, weight) in zip(group, weights[place]) {
                let distance = times[index] - means[place]
                product += weight * distance * (values[index] - levels[place])
                power += weight * distance * distance
            }
        }
        spread = power
        return (levels, power > 0 ? product / power : 0)
    }

    /// The value of the line at a time.
    package func level(at time: Double, group: Int = 0) -> Double {
        let group = min(group, groups.count - 1)
        return fitted.levels[group] + fitted.slope * (time - means[group])
    }

    /// What each record adds to the value of the line at a time, times a factor.
    package func add(_ factor: Double, at time: Double, group: Int = 0, to coefficients: inout SparseRow) {
        let group = min(group, groups.count - 1)
        let slope = spread > 0 ? (time - means[group]) / spread : 0
        for (place, members) in groups.enumerated() {
            for (index, weight) in zip(members, weights[place]) {
                let own = place == group ? weight / sums[place] : 0
                coefficients.add(factor * (own + slope * weight * (times[index] - means[place])), at: index)
            }
        }
    }

    /// What each record adds to the height of the step, times a factor; nothing for one line.
    package func addStep(_ factor: Double, to coefficients: inout SparseRow) {
        guard groups.count == 2 else { return }
        add(factor, at: 0, group: 1, to: &coefficients)
        add(-factor, at: 0, group: 0, to: &coefficients)
    }
}

/// A number for each of some records of a curve.
package struct SparseRow: Sendable {
    private var entries: [(index: Int, value: Double)] = []

    package init() {}

    /// Adds to the number of a record.
    package mutating func add(_ value: Double, at index: Int) { entries.append((index, value)) }

    /// Adds another row, times a factor.
    package mutating func add(_ other: SparseRow, times factor: Double) {
        for entry in other.entries { entries.append((entry.index, factor * entry.value)) }
    }

    /// The numbers by index, each index once: sums in this order are the same in every run.
    /// - Complexity: O(n log n).
    package var ordered: [(index: Int, value: Double)] {
        var result: [(index: Int, value: Double)] = []
        result.reserveCapacity(entries.count)
        // Those of one index stay in the order in which they were added.
        for (_, entry) in entries.enumerated().sorted(by: {
            ($0.element.index, $0.offset) < ($1.element.index, $1.offset)
        }) {
            if let last = result.last, last.index == entry.index {
                result[result.count - 1].value += entry.value
            } else {
                result.append(entry)
            }
        }
        return result
    }

    /// The sum of the numbers times the values of the records.
    package func times(_ values: [Double]) -> Double { entries.reduce(0) { $0 + $1.value * values[$1.index] } }

    /// The sum of the squares of the numbers.
    package var power: Double { ordered.reduce(0) { $0 + $1.value * $1.value } }
}
