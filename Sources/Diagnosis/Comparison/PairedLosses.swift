import Foundation
import Terms
import TrainingLogs

/// The losses of two runs at equal places: at equal steps, or at the steps of the coarser log where few are common.
struct PairedLosses: Sendable {
    var isPaired = true
    /// Places where both losses are finite, rising.
    var steps: [Int] = []
    var first: [Double] = []
    var second: [Double] = []
    /// The standard deviation that rounding to the printed digits gives a difference.
    var rounding = 0.0
    /// Leading records that are the same to the digit, values that are not finite included.
    var identity: RunComparison.Identity?
    var nonFinite: RunComparison.NonFinite?

    var differences: [Double] { zip(first, second).map { $1 - $0 } }

    /// Pairs two series with rising steps, in one numbering.
    init(_ a: Series, _ b: Series) {
        let (unitA, unitB) = (a.printedUnit, b.printedUnit)
        rounding = ((unitA * unitA + unitB * unitB) / 12).squareRoot()
        let common = Self.common(a, b)
        if common.count * 2 >= min(a.count(within: b), b.count(within: a)) {
            pair(common)
        } else {
            isPaired = false
            align(a, b)
        }
    }

    private static func common(_ a: Series, _ b: Series) -> [(step: Int, first: Double, second: Double)] {
        var result: [(Int, Double, Double)] = []
        var index = 0
        for (step, value) in zip(a.steps, a.values) {
            while index < b.count, b.steps[index] < step { index += 1 }
            if index < b.count, b.steps[index] == step { result.append((step, value, b.values[index])) }
        }
        return result
    }

    private mutating func pair(_ common: [(step: Int, first: Double, second: Double)]) {
        var isIdentical = true
        for (step, a, b) in common {
            if isIdentical {
                isIdentical = a == b || a.isNaN && b.isNaN
                if isIdentical {
                    identity = RunComparison.Identity(records: (identity?.records ?? 0) + 1, lastStep: step)
                } else {
                    identity?.firstOtherStep = step
                }
            }
            if a.isFinite && b.isFinite {
                steps.append(step)
                first.append(a)
                second.append(b)
            } else if a.isFinite || b.isFinite {
                note(step, isInSecond: a.isFinite)
            }
        }
    }

    /// The losses of the finer log at the steps of the coarser one: means over its interval, or where both are alike, what lies
    /// between two neighbours; on the logarithm of the step, for a learning curve is steep at first.
    private mutating func align(_ a: Series, _ b: Series) {
        let isFirstCoarse = a.interval >= b.interval
        let (coarse, fine) = isFirstCoarse ? (a, b) : (b, a)
        let reach = coarse.interval / 2
        let takesMean = coarse.interval >= 4 * fine.interval
        for (step, value) in zip(coarse.steps, coarse.values) {
            let other: Double
            if takesMean {
                let near = fine.values(in: step.subtractingStep(reach)...step.addingStep(reach))
                guard !near.isEmpty else { continue }
                other = near.reduce(0, +) / Double(near.count)
            } else {
                guard let between = fine.between(step) else { continue }
                other = between
            }
            let (one, two) = isFirstCoarse ? (value, other) : (other, value)
            if one.isFinite && two.isFinite {
                steps.append(step)
                first.append(one)
                second.append(two)
            } else if one.isFinite || two.isFinite {
                note(step, isInSecond: one.isFinite)
            }
        }
    }

    private mutating func note(_ step: Int, isInSecond: Bool) {
        if nonFinite != nil {
            nonFinite?.records += 1
        } else {
            nonFinite = RunComparison.NonFinite(firstStep: step, records: 1, isInSecond: isInSecond)
        }
    }
}

extension Series {
    /// The value at a step on the line between its neighbours, over the logarithm of the step; `nil` outside of the series.
    fileprivate func between(_ step: Int) -> Double? {
        let right = index(atOrAfter: step)
        guard right < count else { return nil }
        if steps[right] == step { return values[right] }
        guard right > 0 else { return nil }
        let (low, high) = (Double(steps[right - 1]), Double(steps[right]))
        let share =
            low > 0 ? log(Double(step) / low) / log(high / low) : (Double(step) - low) / (high - low)
        guard share.isFinite else { return nil }
        return values[right - 1] + share * (values[right] - values[right - 1])
    }

    /// The usual distance between two records, in steps; at least 1.
    var interval: Int {
        let gaps = zip(steps, steps.dropFirst()).prefix(10_000).map { Double($1.subtractingStep($0)) }
        return gaps.isEmpty ? 1 : Swift.max(1, Int(step: Robust.median(gaps)))
    }

    /// Records within the steps of another series.
    fileprivate func count(within other: Series) -> Int {
        guard let low = other.steps.first, let high = other.steps.last, low <= high else { return 0 }
        return values(in: low...high).count
    }
}
