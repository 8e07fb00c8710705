import Foundation

/// Where a curve runs, and how far its single records scatter about that, record by record.
package struct RecordNoise: Sendable {
    /// The running level: the learning curve, and medians of 25 records about it joined by straight lines.
    package let level: [Double]
    /// Robust standard deviation of single records: from first differences, in which the trend cancels, or about the level
    /// where that is more.
    package let sigma: [Double]

    /// How far neighbouring records repeat one another, 0 to 0.97: of a running average that the log does not declare. 0 where
    /// records count as independent.
    package let correlation: Double

    /// The first record whose level rests on records before it too.
    package let start: Int

    /// Records behind a median of the level, and behind a deviation.
    private static let (levelSize, sigmaSize) = (25, 50)

    /// Measures finite values.
    /// - Complexity: O(n).
    package init(_ values: [Double], curve: LearningCurve) {
        start = Self.size(values.count)
        let level = Self.level(values, size: start, curve: curve)
        self.level = level
        sigma = Self.sigma(values, level: level)
        correlation = Self.correlation(values, level: level, sigma: sigma)
    }

    /// How far a record lies from the level, in deviations.
    package func distance(_ record: Int, of value: Double) -> Double { (value - level[record]) / sigma[record] }

    /// In a short log half of the records: a block of them must not be its own level.
    private static func size(_ count: Int) -> Int { min(levelSize, max(5, count / 2)) }

    private static func level(_ values: [Double], size: Int, curve: LearningCurve) -> [Double] {
        let rest = values.indices.map { values[$0] - curve.value($0) }
        let medians = blocks(values.count, size).map { Robust.median(rest[$0]) }
        guard !medians.isEmpty else { return [] }
        return values.indices.map { index in
            let place = min(max((Double(index) + 0.5) / Double(size) - 0.5, 0), Double(medians.count - 1))
            let low = Int(place)
            let next = medians[min(low + 1, medians.count - 1)]
            return curve.value(index) + medians[low] + (next - medians[low]) * (place - Double(low))
        }
    }

    private static func sigma(_ values: [Double], level: [Double]) -> [Double] {
        var resolution = Double.infinity
        let deviations = blocks(values.count, sigmaSize).map { block -> Double in
            let part = values[block]
            let differences = zip(part, part.dropFirst()).map { $1 - $0 }
            resolution = differences.reduce(resolution) { $1 == 0 ? $0 : min($0, abs($1)) }
            // Of a running average neighbours hardly differ: what counts is how far records lie from the level.
            // In a short log the level is known too roughly for that.
            let apart = values.count < 60 ? 0 : 1.4826 * Robust.median(block.map { abs(values[$0] - level[$0]) })
            return differences.isEmpty ? 0 : max(apart, Robust.deviation(differences) / 2.0.squareRoot())
        }
        // Rounding alone has a deviation of 0.29 of the last printed digit.
        let rounding = resolution.isFinite ? 0.29 * resolution : 0
        let least = max(0.3 * Robust.median(deviations), rounding, 1e-6)
        // The median of nine blocks: what happens in four of them does not count.
        let smooth = deviations.indices.map { index in
            max(least, Robust.median(deviations[max(0, index - 4)..<min(deviations.count, index + 5)]))
        }
        return values.indices.map { smooth[min($0 / sigmaSize, smooth.count - 1)] }
    }

    /// Correlation below which records count as independent: hard stretches of data leave as much.
    private static let leastCorrelation = 0.5

    /// Correlation of neighbours about the level, clipped at three deviations: the median over eight parts, so that an incident
    /// in one of them does not count.
    private static func correlation(_ values: [Double], level: [Double], sigma: [Double]) -> Double {
        guard values.count >= 200 else { return 0 }
        let size = values.count / 8
        let parts = (0..<8).map { part -> Double in
            var (product, power) = (0.0, 0.0)
            var last = 0.0
            for index in part * size..<(part + 1) * size {
                let distance = min(max((values[index] - level[index]) / sigma[index], -3), 3)
                product += distance * last
                power += distance * distance
                last = distance
            }
            return power > 0 ? product / power : 0
        }
        let usual = min(0.97, Robust.median(parts))
        return usual < leastCorrelation ? 0 : usual
    }

    /// Blocks of a size; the last one takes the rest.
    private static func blocks(_ count: Int, _ size: Int) -> [Range<Int>] {
        guard count > 0 else { return [] }
        let number = max(1, count / size)
        return (0..<number).map { $0 * size..<($0 + 1 == number ? count : ($0 + 1) * size) }
    }
}
