/// Curves whose records are not independent: running averages that the log does not declare.
package enum Smoothing {
    /// Correlation below which records count as independent: trends and hard stretches of data leave as much.
    package static let least = 0.5

    /// Lag-1 autocorrelation of the residuals about a running median of 101 records, clipped at three deviations: the
    /// median over eight parts of the curve, so that an incident in one of them does not count. 0 below ``least`` or for
    /// fewer than 200 records. Long curves are sampled at 2000 places.
    /// - Complexity: O(min(n, 2000) · 101 log 101).
    package static func correlation(_ values: [Double]) -> Double {
        let half = 50
        let first = max(half, values.count / 10)
        let last = values.count - half - 1
        guard values.count >= 200, first < last else { return 0 }
        let step = max(1, (last - first) / 2000)
        var pairs: [(Double, Double)] = []
        for index in stride(from: first, to: last, by: step) {
            let level = Robust.median(values[index - half...index + half])
            pairs.append((values[index] - level, values[index + 1] - level))
        }
        let size = max(10, pairs.count / 8)
        let parts = stride(from: 0, to: pairs.count - size + 1, by: size).map { ofPart(pairs[$0..<$0 + size]) }
        guard !parts.isEmpty else { return 0 }
        let usual = min(0.97, Robust.median(parts))
        return usual >= least ? usual : 0
    }

    private static func ofPart(_ pairs: ArraySlice<(Double, Double)>) -> Double {
        let spread = Robust.deviation(pairs.map(\.0))
        guard spread > 0 else { return 0 }
        var product = 0.0
        var power = 0.0
        for pair in pairs {
            let a = min(max(pair.0, -3 * spread), 3 * spread)
            let b = min(max(pair.1, -3 * spread), 3 * spread)
            product += a * b
            power += (a * a + b * b) / 2
        }
        return power > 0 ? product / power : 0
    }

    /// What the noise of single differences is to be multiplied with, so that medians of many records vary as they would
    /// with independent ones: of a first-order process sqrt(1 + r) / (1 − r).
    package static func widening(_ correlation: Double) -> Double {
        (1 + correlation).squareRoot() / (1 - correlation)
    }

    /// How many independent records a number of correlated ones is worth, at least 1.
    package static func independent(_ count: Int, _ correlation: Double) -> Int {
        max(1, Int((Double(count) * (1 - correlation) / (1 + correlation)).rounded()))
    }
}
