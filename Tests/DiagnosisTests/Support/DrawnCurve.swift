import Foundation

/// A falling power law with noise of a kind, drawn anew for each seed.
struct DrawnCurve {
    /// Distributions of the noise, each with a robust standard deviation of 1.
    enum Noise: CaseIterable, Sendable {
        case normal
        /// Student's t with three degrees of freedom: heavy tails.
        case student
        /// A first-order autoregression whose neighbours correlate by 0.3.
        case correlated
    }

    /// Robust standard deviation of a record about the curve, nats.
    static let sigma = 0.05
    var values: [Double]

    init(_ count: Int, noise: Noise = .normal, seed: Int) {
        // Neighbouring seeds give one shifted sequence.
        var generator = SeededGenerator(seed: UInt64(seed) &* 1_000_003 &+ 0x5EED)
        var last = generator.normal()
        values = (0..<count).map { record in
            let fall = 3 + 8 * pow(Double(record) + 10, -0.4)
            let drawn = generator.normal()
            switch noise {
            case .normal: return fall + Self.sigma * drawn
            case .student:
                let squares = (0..<3).reduce(0.0) { sum, _ in
                    let normal = generator.normal()
                    return sum + normal * normal
                }
                // The third quartile is 0.7649 here and 0.6745 of a normal.
                return fall + Self.sigma * drawn / (squares / 3).squareRoot() * (0.6745 / 0.7649)
            case .correlated:
                last = 0.3 * last + drawn * (1 - 0.09).squareRoot()
                return fall + Self.sigma * last
            }
        }
    }

    /// Lifts records by robust standard deviations.
    mutating func lift(_ records: Range<Int>, by deviations: Double) {
        for record in records { values[record] += deviations * Self.sigma }
    }
}
