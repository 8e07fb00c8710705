import Foundation

/// The noise of a series of differences about its own trend.
extension DifferenceScan {
    /// Records of the running median that stands for the trend.
    private static let window = 65
    /// Records of the robust scale, and of the one that follows the first steps of a learning curve.
    private static let (wide, narrow) = (256, 24)

    /// The median of the records around each, at the ends of fewer, nine at least: the first steps of two runs may part steeply.
    static func runningMedian(_ values: [Double]) -> [Double] {
        let half = min(window, max(9, values.count / 3)) / 2
        var window = SlidingWindow(capacity: 2 * half + 1)
        var result = values
        for (index, value) in values.enumerated() {
            window.append(value)
            if index >= 2 * half { result[index - half] = window.median }
        }
        for index in 0..<min(half, values.count) {
            for centre in [index, values.count - 1 - index] {
                let reach = max(4, min(half, centre, values.count - 1 - centre))
                let low = max(0, min(centre - reach, values.count - 1 - 2 * reach))
                result[centre] = Robust.median(values[low...min(values.count - 1, low + 2 * reach)])
            }
        }
        return result
    }

    /// What each record has beyond the line between its neighbours, scaled to the standard deviation of the record: no trend
    /// is left in it.
    static func curvature(_ values: [Double]) -> [Double] {
        guard values.count > 2 else { return values.map { _ in 0 } }
        return values.indices.map { index in
            let centre = min(max(index, 1), values.count - 2)
            let between = (values[centre - 1] + values[centre + 1]) / 2
            return (values[centre] - between) * (2.0 / 3).squareRoot()
        }
    }

    /// How much farther records lie from their running median than from the line between their neighbours; more than 1 where
    /// neighbours repeat one another.
    static func widening(_ curvature: [Double], _ residuals: [Double]) -> Double {
        let bends = Robust.deviation(Robust.sample(curvature[...]))
        let spread = Robust.deviation(Robust.sample(residuals[...]))
        return curvature.count >= 32 && bends > 0 ? max(1, spread / bends) : 1
    }

    /// The correlation of neighbours, were the noise an autoregression of first order, that widens it so much; 0 of what chance
    /// widens.
    static func persistence(_ widening: Double) -> Double {
        guard widening > 1.2 else { return 0 }
        // The curvature has (1.5 − 2ρ + ρ²/2) · 2/3 of the variance.
        return min(2 - max(0, 4 - 2 * (1.5 - 1.5 / (widening * widening))).squareRoot(), 0.98)
    }

    /// The variance of the sum of n records of that autoregression over n, and over that of one.
    static func persistent(_ length: Int, _ rho: Double) -> Double {
        let count = Double(length)
        return (1 + rho) / (1 - rho) - 2 * rho * (1 - pow(rho, count)) / (count * (1 - rho) * (1 - rho))
    }

    /// The standard deviation of each record about the line between its neighbours: the larger one of a wide and a narrow
    /// surrounding.
    static func scales(_ curvature: [Double], least: Double) -> [Double] {
        let absolute = curvature.map(abs)
        // Where more than half of the differences are 0, the mean is what is left.
        let mean = 1.2533 * absolute.reduce(0, +) / Double(max(1, absolute.count))
        func scale(_ part: some Collection<Double>) -> Double {
            let median = 1.4826 * Robust.median(part)
            return max(median > 0 ? median : mean, least)
        }
        guard curvature.count >= 4 * narrow else { return curvature.map { _ in scale(absolute) } }
        var result = [Double](repeating: least, count: curvature.count)
        for length in [wide, narrow] where length <= curvature.count {
            let half = length / 2
            for start in stride(from: 0, to: curvature.count, by: half) {
                let low = max(0, min(start - half / 2, curvature.count - length))
                let scale = scale(absolute[low..<min(curvature.count, low + length)])
                for index in start..<min(curvature.count, start + half) { result[index] = max(result[index], scale) }
            }
        }
        return result
    }

    /// The variance of the sum of n scores over n, for n of 8, 16, 32 … as far as the log holds sixteen such stretches: from the
    /// differences of neighbouring stretches, of which a trend and a few shifts of the level leave nothing.
    /// - Parameters:
    ///   - white: The variance of one score.
    ///   - rho: The correlation of neighbours.
    static func variances(_ scores: [Double], white: Double, rho: Double) -> [Double] {
        var sums = [0.0]
        sums.reserveCapacity(scores.count + 1)
        for score in scores { sums.append((sums.last ?? 0) + score) }
        var result: [Double] = []
        var length = leastRecords
        while result.isEmpty || length * 16 <= scores.count {
            var differences: [Double] = []
            for start in stride(from: 0, through: scores.count - 2 * length, by: max(1, length / 4)) {
                differences.append(sums[start + 2 * length] - 2 * sums[start + length] + sums[start])
            }
            let deviation = differences.count >= 16 ? Robust.deviation(Robust.sample(differences[...])) : 0
            let found = deviation * deviation / Double(2 * length)
            let known = max(result.last ?? white, white * persistent(length, rho))
            // Two standard errors of a variance of so many stretches.
            let chance = 1 + 2 * (3 * Double(length) / Double(scores.count)).squareRoot()
            result.append(found > known * chance ? found : known)
            length *= 2
        }
        return result
    }
}
