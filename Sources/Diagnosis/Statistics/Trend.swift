import Foundation

/// Monotone trends without assumptions about noise.
package enum Trend {
    /// Kendall's tau of values against their order: 1 rises throughout, −1 falls throughout.
    /// - Complexity: O(n²); for block medians, not for records.
    package static func kendall(_ values: [Double]) -> Double {
        guard values.count > 1 else { return 0 }
        var sum = 0
        for left in values.indices {
            for right in (left + 1)..<values.count {
                if values[right] > values[left] { sum += 1 } else if values[right] < values[left] { sum -= 1 }
            }
        }
        return Double(sum) / (Double(values.count) * Double(values.count - 1) / 2)
    }

    /// Whether values fall in their order, by Kendall's test at one in a hundred; five values that all fall do.
    ///
    /// Of more than 200 values as many are taken at even distances.
    package static func surelyFalls(_ values: [Double]) -> Bool {
        let step = max(1, values.count / 200)
        let sample = stride(from: 0, to: values.count, by: step).map { values[$0] }
        let count = Double(sample.count)
        guard sample.count >= 5 else { return false }
        // The normal approximation with its correction for continuity; exact enough from five values on.
        let deviation = (count * (count - 1) * (2 * count + 5) / 18).squareRoot()
        let score = -kendall(sample) * count * (count - 1) / 2
        return (score - 1) / deviation > 2.2
    }

    /// The Theil–Sen slope: the median of the slopes of all pairs.
    /// - Complexity: O(n²); for block medians, not for records.
    package static func theilSen(x: [Double], y: [Double]) -> Double {
        let count = min(x.count, y.count)
        guard count > 1 else { return 0 }
        var slopes: [Double] = []
        slopes.reserveCapacity(count * (count - 1) / 2)
        for left in 0..<count {
            for right in (left + 1)..<count where x[right] != x[left] {
                slopes.append((y[right] - y[left]) / (x[right] - x[left]))
            }
        }
        return slopes.isEmpty ? 0 : Robust.median(slopes)
    }

    /// The autocorrelation of values about their mean at lags 0 ..< `lags`.
    /// - Complexity: O(n · lags).
    package static func autocorrelation(_ values: [Double], lags: Int) -> [Double] {
        guard values.count > 1 else { return [] }
        let mean = values.reduce(0, +) / Double(values.count)
        let centred = values.map { $0 - mean }
        let power = centred.reduce(0) { $0 + $1 * $1 }
        guard power > 0 else { return [] }
        return (0..<min(lags, values.count)).map { lag in
            let pairs = zip(centred, centred.dropFirst(lag))
            return pairs.reduce(0) { $0 + $1.0 * $1.1 } / power
        }
    }
}
