import TrainingLogs

/// How far changes of the loss follow changes of the learning rate, by the distance in steps between them.
///
/// Loss and rate both fall over a run, so that their levels always agree somehow; only their changes can tell whether one
/// follows the other. Both are taken as means over equal blocks of records, then differenced, and ranked (Spearman), so that
/// a spike counts as one change and not as all of them.
package struct LagCorrelation: Sendable, Equatable {
    /// The lag in blocks: positive where the loss comes after the rate.
    package var lags: [Int]
    /// The rank correlation at each lag, -1 to 1.
    package var values: [Double]
    /// Steps in one block.
    package var stepsPerLag: Double
    /// What chance alone stays below in 19 of 20 lags.
    package var chance: Double

    /// - Returns: `nil` where there are too few records, or one of the two never changes.
    package init?(loss: Series, rate: Series, blocks: Int = 400, reach: Int = 20) {
        let pairs = Self.pairs(loss, rate)
        let size = max(1, pairs.count / blocks)
        let count = pairs.count / size
        guard count >= 3 * reach, let first = pairs.first, let last = pairs.last else { return nil }
        var means: (loss: [Double], rate: [Double]) = ([], [])
        for block in 0..<count {
            let members = pairs[block * size..<(block + 1) * size]
            means.loss.append(Self.median(members.map(\.loss)))
            means.rate.append(members.reduce(0) { $0 + $1.rate } / Double(size))
        }
        let losses = zip(means.loss, means.loss.dropFirst()).map { $1 - $0 }
        let rates = zip(means.rate, means.rate.dropFirst()).map { $1 - $0 }
        let scale = rates.map(abs).max() ?? 0
        guard scale > 0, scale.isFinite else { return nil }
        lags = Array(-reach...reach)
        values = []
        for lag in lags {
            let (from, to) = (max(0, lag), min(losses.count, losses.count + lag))
            let later = Array(losses[from..<to])
            let earlier = Array(rates[(from - lag)..<(to - lag)])
            guard let value = Self.pearson(Self.ranks(later), Self.ranks(earlier)) else { return nil }
            values.append(value)
        }
        stepsPerLag = Double(size) * max(1, (Double(last.step) - Double(first.step)) / Double(max(pairs.count - 1, 1)))
        chance = 1.96 / Double(losses.count).squareRoot()
    }

    /// The lag with the strongest correlation, and that correlation.
    package var strongest: (lag: Int, value: Double) {
        let index = values.indices.max { (abs(values[$0]), -abs(lags[$0])) < (abs(values[$1]), -abs(lags[$1])) }
        return index.map { (lags[$0], values[$0]) } ?? (0, 0)
    }

    /// Whether the strongest correlation is one to speak of: far above chance, and not weak.
    package var standsOut: Bool { abs(strongest.value) >= max(0.3, 2 * chance) }

    /// The records in which both are finite, in rising order of steps.
    package static func pairs(_ loss: Series, _ rate: Series) -> [(step: Int, loss: Double, rate: Double)] {
        var result: [(step: Int, loss: Double, rate: Double)] = []
        var index = 0
        for (step, value) in zip(loss.steps, loss.values) where value.isFinite {
            while index < rate.count, rate.steps[index] < step { index += 1 }
            guard index < rate.count else { break }
            if rate.steps[index] == step, rate.values[index].isFinite, abs(value) < 1e15, abs(rate.values[index]) < 1e15
            {
                result.append((step, value, rate.values[index]))
            }
        }
        return result
    }

    private static func median(_ values: [Double]) -> Double {
        let sorted = values.sorted()
        return sorted.isEmpty ? .nan : (sorted[(sorted.count - 1) / 2] + sorted[sorted.count / 2]) / 2
    }

    /// Ranks, ties sharing their mean.
    static func ranks(_ values: [Double]) -> [Double] {
        let order = values.indices.sorted { (values[$0], $0) < (values[$1], $1) }
        var ranks = [Double](repeating: 0, count: values.count)
        var start = 0
        while start < order.count {
            var end = start
            while end + 1 < order.count, values[order[end + 1]] == values[order[start]] { end += 1 }
            for position in start...end { ranks[order[position]] = Double(start + end) / 2 }
            start = end + 1
        }
        return ranks
    }

    private static func pearson(_ x: [Double], _ y: [Double]) -> Double? {
        let count = Double(x.count)
        let (meanX, meanY) = (x.reduce(0, +) / count, y.reduce(0, +) / count)
        var (xx, yy, xy): (Double, Double, Double) = (0, 0, 0)
        for (a, b) in zip(x, y) {
            xx += (a - meanX) * (a - meanX)
            yy += (b - meanY) * (b - meanY)
            xy += (a - meanX) * (b - meanY)
        }
        guard xx > 0, yy > 0 else { return nil }
        return min(max(xy / (xx * yy).squareRoot(), -1), 1)
    }
}
