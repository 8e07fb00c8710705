import Foundation

/// The course that healthy training takes: a fast fall that turns into a power law of the records,
/// `floor + height · (record + offset)^-exponent`.
///
/// Fitted to medians of log-spaced blocks. What it leaves over is smooth enough for local polynomials of low order.
package struct LearningCurve: Sendable, Equatable {
    /// The loss that the fit goes down to, nats.
    package private(set) var floor = 0.0
    /// The height of the fall: nats times records to the exponent.
    package private(set) var height = 0.0
    /// Records by which the power law is shifted.
    package private(set) var offset = 1.0
    /// The exponent of the power law.
    package private(set) var exponent = 0.5

    private static let offsets = [1.0, 3, 10, 30, 100, 300, 1000, 3000, 10_000]
    private static let exponents = [0.1, 0.2, 0.3, 0.45, 0.6, 0.8, 1.0, 1.5]

    /// The fitted loss of a record, nats.
    package func value(_ record: Int) -> Double {
        height == 0 ? floor : floor + height * pow(Double(record) + offset, -exponent)
    }

    /// Fits finite values; a constant where there are too few for a shape, or where they do not fall.
    /// - Complexity: O(n).
    package init(_ values: [Double]) {
        var places: [Double] = []
        var levels: [Double] = []
        var low = 0
        while low < values.count {
            // A twelfth of what lies before: twelve blocks for each factor of e.
            let high = min(values.count, max(low + 3, low + low / 12))
            places.append(Double(low + high - 1) / 2)
            levels.append(Robust.median(Robust.sample(values[low..<high])))
            low = high
        }
        floor = levels.isEmpty ? 0 : Robust.median(levels)
        guard levels.count >= 8 else { return }
        let middle = floor
        var least = levels.reduce(0) { $0 + abs($1 - middle) }
        for offset in Self.offsets where offset <= Double(values.count) {
            for exponent in Self.exponents {
                let shape = places.map { pow($0 + offset, -exponent) }
                guard let fit = Self.line(shape, levels), fit.height > 0 else { continue }
                let cost = zip(shape, levels).reduce(0) { $0 + abs($1.1 - fit.floor - fit.height * $1.0) }
                guard cost < least else { continue }
                least = cost
                (floor, height, self.offset, self.exponent) = (fit.floor, fit.height, offset, exponent)
            }
        }
    }

    /// Least squares, and again without what lies beyond three robust deviations.
    private static func line(_ x: [Double], _ y: [Double]) -> (floor: Double, height: Double)? {
        var limit = Double.infinity
        var result: (floor: Double, height: Double)?
        for _ in 0..<2 {
            var (count, sumX, sumY, sumXX, sumXY) = (0.0, 0.0, 0.0, 0.0, 0.0)
            for (x, y) in zip(x, y) {
                if let result, abs(y - result.floor - result.height * x) > limit { continue }
                count += 1
                sumX += x
                sumY += y
                sumXX += x * x
                sumXY += x * y
            }
            let spread = sumXX - sumX * sumX / max(1, count)
            guard count >= 4, spread > 0 else { return result }
            let height = (sumXY - sumX * sumY / count) / spread
            let floor = (sumY - height * sumX) / count
            result = (floor, height)
            limit = max(1e-9, 3 * 1.4826 * Robust.median(zip(x, y).map { abs($1 - floor - height * $0) }))
        }
        return result
    }
}
