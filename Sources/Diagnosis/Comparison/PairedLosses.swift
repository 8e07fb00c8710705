import Terms
import TrainingLogs

/// The losses of two runs at equal places: at equal steps, or as means over equal stretches where few steps are common.
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
            bin(a, b)
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

    /// Means over stretches as long as the longer interval of the two; a stretch without a record of each is left out.
    private mutating func bin(_ a: Series, _ b: Series) {
        guard let start = [a.steps.first, b.steps.first].compactMap({ $0 }).max() else { return }
        let width = Double(max(a.interval, b.interval))
        func means(_ series: Series) -> [Int: (sum: Double, count: Int, step: Int)] {
            var result: [Int: (sum: Double, count: Int, step: Int)] = [:]
            for (step, value) in zip(series.steps, series.values) where step >= start {
                let bin = Int(step: (Double(step) - Double(start)) / width)
                let old = result[bin] ?? (0, 0, step)
                result[bin] = (old.sum + value, old.count + 1, step)
            }
            return result
        }
        let (mine, theirs) = (means(a), means(b))
        for bin in mine.keys.sorted() {
            guard let one = mine[bin], let other = theirs[bin] else { continue }
            let (left, right) = (one.sum / Double(one.count), other.sum / Double(other.count))
            if left.isFinite && right.isFinite {
                steps.append(one.step)
                first.append(left)
                second.append(right)
            } else if left.isFinite || right.isFinite {
                note(one.step, isInSecond: left.isFinite)
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
