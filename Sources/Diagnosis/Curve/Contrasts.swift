import Foundation

/// Linear contrasts of a curve at many scales: how far a window lies off what surrounds it.
///
/// A kernel is a row of weights for cells, each the mean of as many records. Widening the cells gives the scales.
package enum Contrast: CaseIterable, Sendable {
    /// A window of four cells against a parabola through ten cells on either side.
    case parabola
    /// A window of four cells against the mean of six cells on either side.
    case chord
    /// The height of a step in the middle of sixteen cells that share a slope.
    case step
    /// Eight cells against the eight before.
    case rise

    /// Cells of a window, of the flanks of a parabola and of a chord, and on either side of a step.
    package static let (window, flank, near, side) = (4, 10, 6, 8)

    /// The weights.
    package var weights: [Double] { Self.kernels[self] ?? [] }

    /// The first cell of the window.
    package var begin: Int {
        switch self {
        case .parabola, .chord: Self.flank
        case .step, .rise: Self.side
        }
    }

    /// Cells from the first of the window to its end.
    package var length: Int {
        switch self {
        case .parabola, .chord: Self.window
        case .step, .rise: Self.side
        }
    }

    private static let kernels: [Contrast: [Double]] = [
        .parabola: parabolaWeights,
        .chord: (0..<2 * flank + window).map { cell in
            if cell >= flank, cell < flank + window { return 1 / Double(window) }
            return cell >= flank - near && cell < flank + window + near ? -1 / Double(2 * near) : 0
        },
        .step: stepWeights,
        .rise: (0..<2 * side).map { $0 < side ? -1 / Double(side) : 1 / Double(side) },
    ]

    /// Least squares of a + b·t² over the flanks, taken at the mean of t² over the window; the linear term cancels.
    private static var parabolaWeights: [Double] {
        let squares = (0..<2 * flank + window).map { cell in
            let place = Double(cell) - Double(2 * flank + window - 1) / 2
            return place * place
        }
        let inside = flank..<flank + window
        let outside = squares.indices.filter { !inside.contains($0) }.map { squares[$0] }
        let (sum, power) = (outside.reduce(0, +), outside.reduce(0) { $0 + $1 * $1 })
        let count = Double(outside.count)
        let middle = squares[inside].reduce(0, +) / Double(window)
        let determinant = count * power - sum * sum
        return squares.indices.map { cell in
            if inside.contains(cell) { return 1 / Double(window) }
            return -((power - sum * squares[cell]) + middle * (count * squares[cell] - sum)) / determinant
        }
    }

    /// Least squares of b·t + h·(step at 0): the weights of h.
    private static var stepWeights: [Double] {
        let places = (0..<2 * side).map { Double($0) - Double(2 * side - 1) / 2 }
        let steps = places.map { $0 > 0 ? 0.5 : -0.5 }
        let slope = zip(places, steps).reduce(0) { $0 + $1.0 * $1.1 } / places.reduce(0) { $0 + $1 * $1 }
        let rest = zip(places, steps).map { $1 - slope * $0 }
        let norm = rest.reduce(0) { $0 + $1 * $1 }
        return rest.map { $0 / norm }
    }
}

/// A contrast at one scale, along a curve.
package struct ContrastCurve: Sendable {
    /// The contrast.
    package let contrast: Contrast
    /// Records in a cell.
    package let cell: Int
    /// By the cell that the kernel begins at, nats.
    package private(set) var sizes: [Double] = []
    /// In standard errors: those of independent records, or what the curve itself shows where that is more.
    package private(set) var z: [Double] = []

    /// How many times what independent records give the curve shows: above 1 where records hang together, or the level
    /// wanders.
    package private(set) var inflation = 1.0

    /// Measures a contrast.
    /// - Parameters:
    ///   - sums: running sums of the values, from 0.
    ///   - sigma: deviation of each record.
    init(_ contrast: Contrast, cell: Int, sums: [Double], sigma: [Double]) {
        self.contrast = contrast
        self.cell = cell
        let weights = contrast.weights
        let number = (sums.count - 1) / cell
        guard number >= weights.count else { return }
        let means = (0..<number).map { (sums[($0 + 1) * cell] - sums[$0 * cell]) / Double(cell) }
        let error = weights.reduce(0) { $0 + $1 * $1 }.squareRoot() / Double(cell).squareRoot()
        let positions = number - weights.count + 1
        sizes.reserveCapacity(positions)
        z.reserveCapacity(positions)
        means.withUnsafeBufferPointer { means in
            weights.withUnsafeBufferPointer { weights in
                for position in 0..<positions {
                    var sum = 0.0
                    for index in 0..<weights.count { sum += weights[index] * means[position + index] }
                    sizes.append(sum)
                    z.append(sum / (error * sigma[min(sigma.count - 1, (position + contrast.begin) * cell)]))
                }
            }
        }
    }

    /// How many stretches of the curve tell of this scale independently.
    var independent: Int { sizes.count / max(1, contrast.weights.count / 2) }

    /// The ratio of what is seen to what independent records give: by the median, which a minority cannot move.
    var seen: Double { 1.4826 * Robust.median(Robust.sample(z[...]).map(abs)) }

    /// Divides by an inflation, at least 1.
    mutating func inflate(_ factor: Double) {
        inflation = max(1, factor)
        z = z.map { $0 / inflation }
    }
}
