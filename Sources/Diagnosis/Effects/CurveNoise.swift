import Foundation

/// How far the records of a curve depend on one another about their local level.
package struct CurveNoise: Sendable {
    /// Records on each side of a place that its level is taken from.
    package let width: Int
    /// Autocorrelation at lags 1, 2, …; empty where the records are independent.
    package let correlations: [Double]

    /// Records on each side where they are independent.
    private static let leastWidth = 20
    private static let mostWidth = 120
    private static let lags = 10

    /// Measures a curve.
    /// - Parameters:
    ///   - values: the curve.
    ///   - times: the time of each record.
    ///   - isUsed: whether a record is ordinary; others are left out.
    /// - Complexity: O(n) in the records, of which 4000 are looked at.
    package init(_ values: [Double], times: [Double], where isUsed: (Int) -> Bool) {
        var width = Self.leastWidth
        var found = Self.correlations(values, times: times, tile: 2 * width, where: isUsed)
        let first = found.first ?? 0
        if first > 0.4 {
            // Dependent records say less about their level, so that more of them are needed.
            width = min(Self.mostWidth, Int(Double(width) * (1 + first) / (1 - first)))
            found = Self.correlations(values, times: times, tile: 2 * width, where: isUsed)
        }
        self.width = width
        guard let first = found.first, first > 0.5 else {
            correlations = found
            return
        }
        // The far lags of a strongly dependent curve cannot be measured in a window: they follow from the first.
        correlations = (1...80).map { max(pow(first, Double($0)), $0 <= found.count ? found[$0 - 1] : 0) }
    }

    /// Autocorrelation of the residuals about a line in each tile, clipped at three deviations.
    private static func correlations(
        _ values: [Double],
        times: [Double],
        tile: Int,
        where isUsed: (Int) -> Bool
    ) -> [Double] {
        var products = Array(repeating: 0.0, count: lags + 1)
        var counts = Array(repeating: 0, count: lags + 1)
        let tiles = values.count / tile
        let stride = max(1, tiles / max(1, 4000 / tile))
        for number in Swift.stride(from: 0, to: tiles, by: stride) {
            let indices = (number * tile..<(number + 1) * tile).filter(isUsed)
            guard indices.count > tile / 2, let line = LocalLine([indices], values: values, times: times) else {
                continue
            }
            let scale = max(line.deviation, 1e-12)
            var residuals: [Int: Double] = [:]
            for index in indices {
                residuals[index] = min(max((values[index] - line.level(at: times[index])) / scale, -3), 3)
            }
            for index in indices {
                guard let own = residuals[index] else { continue }
                for lag in 0...lags {
                    guard let other = residuals[index + lag] else { continue }
                    products[lag] += own * other
                    counts[lag] += 1
                }
            }
        }
        guard counts[0] >= 40, products[0] > 0 else { return [] }
        let power = products[0] / Double(counts[0])
        let limit = 2 / Double(counts[0]).squareRoot()
        let found = (1...lags).map { lag -> Double in
            guard counts[lag] > 0 else { return 0 }
            // A line through a tile takes two of its degrees of freedom away from every lag.
            let value = products[lag] / Double(counts[lag]) / power + 2 / Double(tile)
            return value > limit ? min(value, 0.97) : 0
        }
        return found.contains { $0 > 0 } ? found : []
    }

    /// The standard deviation of a sum of records, each times a number, of noise with these deviations.
    /// - Parameter terms: for each record its number times its deviation.
    package func deviation(_ terms: SparseRow) -> Double {
        var (plain, joint) = (0.0, 0.0)
        let ordered = terms.ordered
        for (position, term) in ordered.enumerated() {
            plain += term.value * term.value
            guard !correlations.isEmpty else { continue }
            for other in ordered[(position + 1)...] {
                let lag = other.index - term.index
                guard lag <= correlations.count else { break }
                joint += 2 * correlations[lag - 1] * term.value * other.value
            }
        }
        // What cancels by correlation is not to be trusted.
        return max(0.8 * plain, plain + joint).squareRoot()
    }
}
