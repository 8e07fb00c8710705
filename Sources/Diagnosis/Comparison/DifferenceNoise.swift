import Foundation

/// The noise of a series of differences about its own trend.
extension DifferenceScan {
    /// Records of the running median that stands for the trend.
    private static let window = 65
    /// Records of the robust scale, and of the one that follows the first steps of a learning curve.
    private static let (wide, narrow) = (256, 24)

    /// The median of the records around each; at the ends over as many as lie on both sides, at least five.
    static func runningMedian(_ values: [Double]) -> [Double] {
        let half = min(window, max(9, values.count / 3)) / 2
        var window = SlidingWindow(capacity: 2 * half + 1)
        var result = [Double](repeating: 0, count: values.count)
        for (index, value) in values.enumerated() {
            window.append(value)
            if index >= 2 * half { result[index - half] = window.median }
        }
        // At the ends the level stays: a shorter window would take the noise itself for the trend.
        guard values.count > 2 * half else { return values.map { _ in Robust.median(values) } }
        for index in 0..<half {
            result[index] = result[half]
            result[values.count - 1 - index] = result[values.count - 1 - half]
        }
        return result
    }

    /// The standard deviation of each difference: the larger one of a wide and a narrow surrounding.
    static func scales(_ values: [Double], _ residuals: [Double], least: Double) -> [Double] {
        let absolute = residuals.map(abs)
        // Of differences from record to record no trend is left, and half of all may not be zero.
        let whole = max(least, Robust.noise(values))
        guard values.count >= 4 * narrow else { return values.map { _ in whole } }
        var result = [Double](repeating: least, count: values.count)
        for length in [wide, narrow] where length <= values.count {
            let half = length / 2
            for start in stride(from: 0, to: values.count, by: half) {
                let low = max(0, min(start - half / 2, values.count - length))
                let scale = 1.4826 * Robust.median(absolute[low..<min(values.count, low + length)])
                for index in start..<min(values.count, start + half) { result[index] = max(result[index], scale) }
            }
        }
        return result
    }

    /// The variance of the sum of n scores over n, for n of 8, 16, 32 … as far as the log holds sixteen such stretches: from the
    /// differences of neighbouring stretches, of which a trend and a few shifts of the level leave nothing.
    static func variances(_ scores: [Double], white: Double) -> [Double] {
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
            result.append(max(white, result.last ?? 0, deviation * deviation / Double(2 * length)))
            length *= 2
        }
        return result
    }
}
