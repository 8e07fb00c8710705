import Foundation

/// A mapping from values to positions along one axis of a plot.
package struct Scale: Sendable, Equatable {
    /// Values below and above are outside of the plot.
    package var domain: ClosedRange<Double>
    /// The positions of the two ends of the domain; the second may be the smaller one.
    package var start: Double
    package var end: Double
    package var isLogarithmic: Bool

    /// Creates a scale; a logarithmic one needs a positive domain and falls back to a linear one.
    package init(domain: ClosedRange<Double>, start: Double, end: Double, isLogarithmic: Bool = false) {
        self.domain = domain
        self.start = start
        self.end = end
        self.isLogarithmic = isLogarithmic && domain.lowerBound > 0
    }

    /// The position of a value, held inside the plot.
    package func position(_ value: Double) -> Double {
        let value = min(max(value, domain.lowerBound), domain.upperBound)
        let (low, high) = (transformed(domain.lowerBound), transformed(domain.upperBound))
        guard high > low else { return (start + end) / 2 }
        return start + (transformed(value) - low) / (high - low) * (end - start)
    }

    /// Round values inside the domain.
    package func ticks(count: Int) -> [Double] {
        isLogarithmic
            ? Ticks.logarithmic(domain.lowerBound, domain.upperBound, count: count)
            : Ticks.linear(domain.lowerBound, domain.upperBound, count: count)
    }

    /// The labels of ``ticks(count:)``.
    package func labels(_ ticks: [Double]) -> [String] {
        isLogarithmic ? Ticks.logarithmicLabels(ticks) : Ticks.labels(ticks)
    }

    private func transformed(_ value: Double) -> Double { isLogarithmic ? log10(value) : value }
}

/// What an axis of values shows when a few of them are far from all others.
package struct ValueDomain: Sendable, Equatable {
    package var range: ClosedRange<Double>
    package var isLogarithmic: Bool

    /// Chooses the range and the kind of an axis.
    ///
    /// The whole range is shown while its bulk (2nd to 98th percentile) keeps at least a fifth of the height; otherwise
    /// outliers are cut off, to be marked at the edge. A bulk that spans more than a factor of `logarithmicFrom` is shown
    /// on a logarithmic axis.
    /// - Parameter cutsOutliers: Without it the whole range is shown, whatever the bulk.
    /// - Returns: `nil` when no value is finite.
    package init?(_ values: [Double], logarithmicFrom: Double = 50, cutsOutliers: Bool = true) {
        let sorted = Self.sample(values).sorted()
        guard let low = sorted.first, let high = sorted.last else { return nil }
        if low == 0, high == 0 {
            self.init(range: 0...1, isLogarithmic: false)
            return
        }
        if !cutsOutliers {
            let padding = max((high - low) * 0.06, max(abs(high), 1e-12) * 0.005)
            guard (high - low + 2 * padding).isFinite else { return nil }
            self.init(
                range: (low >= 0 ? max(0, low - padding) : low - padding)...(high + padding),
                isLogarithmic: false
            )
            return
        }
        let quantile = { (share: Double) -> Double in sorted[Int(share * Double(sorted.count - 1))] }
        let (bulkLow, bulkHigh) = (quantile(0.02), quantile(0.98))
        if bulkLow > 0, bulkHigh / bulkLow > logarithmicFrom {
            let bottom = low > 0 ? max(low, bulkLow / 100) : bulkLow / 10
            let top = min(high, bulkHigh * 100)
            self.init(range: (bottom / 1.2)...(top * 1.2), isLogarithmic: true)
            return
        }
        let bulk = max(bulkHigh - bulkLow, max(abs(bulkHigh), 1e-12) * 0.01)
        let top = high - bulkHigh <= 4 * bulk ? high : bulkHigh + bulk
        let bottom = bulkLow - low <= 4 * bulk ? low : bulkLow - bulk
        let padding = max((top - bottom) * 0.05, bulk * 0.05)
        guard (top + padding - bottom).isFinite else { return nil }
        let padded = bottom >= 0 ? max(0, bottom - padding) : bottom - padding
        self.init(range: padded...(top + padding), isLogarithmic: false)
    }

    /// The axis of a learning rate: one that hardly changes stands in the middle of it, and not in a magnified tremor.
    package static func rates(_ values: [Double]) -> ValueDomain? {
        guard let domain = ValueDomain(values, cutsOutliers: false) else { return nil }
        let (low, high) = (domain.range.lowerBound, domain.range.upperBound)
        guard low > 0, high < 1.05 * low else { return domain }
        return ValueDomain(range: 0...(1.5 * high), isLogarithmic: false)
    }

    package init(range: ClosedRange<Double>, isLogarithmic: Bool) {
        self.range = range
        self.isLogarithmic = isLogarithmic
    }

    /// The finite values, thinned to keep sorting cheap, with the smallest and the largest always among them.
    private static func sample(_ values: [Double]) -> [Double] {
        let stride = max(1, values.count / 50_000)
        var result: [Double] = []
        var low = Double.infinity
        var high = -Double.infinity
        for (index, value) in values.enumerated() where value.isFinite && abs(value) < 1e300 {
            low = min(low, value)
            high = max(high, value)
            if index % stride == 0 { result.append(value) }
        }
        return low <= high ? result + [low, high] : []
    }
}
