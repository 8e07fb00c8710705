import Foundation

/// Order statistics that a few wild values cannot move.
package enum Robust {
    /// The median; NaN for no values.
    /// - Complexity: O(n log n).
    package static func median(_ values: some Collection<Double>) -> Double {
        median(sorted: values.sorted())
    }

    /// The median of values in rising order; NaN for no values.
    package static func median(sorted values: some RandomAccessCollection<Double>) -> Double {
        quantile(sorted: values, 0.5)
    }

    /// The linearly interpolated quantile of values in rising order; NaN for no values.
    package static func quantile(sorted values: some RandomAccessCollection<Double>, _ fraction: Double) -> Double {
        guard !values.isEmpty else { return .nan }
        let position = min(max(fraction, 0), 1) * Double(values.count - 1)
        let low = Int(position)
        let high = min(low + 1, values.count - 1)
        let a = values[values.index(values.startIndex, offsetBy: low)]
        let b = values[values.index(values.startIndex, offsetBy: high)]
        return low == high || a == b ? a : a + (b - a) * (position - Double(low))
    }

    /// 1.4826 times the median absolute deviation: the standard deviation of normal noise, whatever a minority of
    /// outliers does (Rousseeuw and Croux, 1993).
    package static func deviation(_ values: some Collection<Double>) -> Double {
        let sorted = values.sorted()
        return deviation(sorted: sorted, around: median(sorted: sorted))
    }

    /// The robust standard deviation of values in rising order, by walking outwards from the median.
    /// - Complexity: O(n).
    package static func deviation(sorted values: some RandomAccessCollection<Double>, around centre: Double) -> Double {
        let count = values.count
        guard count > 1 else { return 0 }
        func value(_ offset: Int) -> Double { values[values.index(values.startIndex, offsetBy: offset)] }
        var right = 0
        var high = count
        while right < high {
            let middle = (right + high) / 2
            if value(middle) < centre { right = middle + 1 } else { high = middle }
        }
        var left = right - 1
        var distance = 0.0
        var previous = 0.0
        for _ in 0...(count / 2) {
            previous = distance
            let below = left >= 0 ? centre - value(left) : .infinity
            let above = right < count ? value(right) - centre : .infinity
            if below <= above {
                distance = below
                left -= 1
            } else {
                distance = above
                right += 1
            }
        }
        let absolute = count.isMultiple(of: 2) ? (previous + distance) / 2 : distance
        return 1.4826 * absolute
    }

    /// At most 4000 values at even distances: enough for a median, whatever the length of the log.
    package static func sample(_ values: ArraySlice<Double>) -> [Double] {
        let step = max(1, values.count / 4000)
        return step == 1
            ? Array(values) : stride(from: values.startIndex, to: values.endIndex, by: step).map { values[$0] }
    }

    /// The noise of a curve about its own trend, from its first differences: the trend cancels. Long curves are
    /// sampled at 20 000 places.
    /// - Complexity: O(n).
    package static func noise(_ values: some Collection<Double>) -> Double {
        let stride = max(1, values.count / 20_000)
        var differences: [Double] = []
        differences.reserveCapacity(values.count / stride + 1)
        for (index, pair) in zip(values, values.dropFirst()).enumerated() where index.isMultiple(of: stride) {
            differences.append(pair.1 - pair.0)
        }
        guard !differences.isEmpty else { return 0 }
        return deviation(differences) / 2.0.squareRoot()
    }
}
