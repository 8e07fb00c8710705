import Diagnosis
import Foundation
import Testing

/// The kernels by themselves: what they are blind to, and what they measure.
@Suite struct ContrastTests {
    /// A kernel on a curve of cells, whose place 0 is the middle.
    private func measure(_ contrast: Contrast, _ curve: (Double) -> Double) -> Double {
        let middle = Double(contrast.weights.count - 1) / 2
        return contrast.weights.enumerated().reduce(0) { $0 + $1.element * curve(Double($1.offset) - middle) }
    }

    @Test(arguments: Contrast.allCases) func weightsSumToZero(of contrast: Contrast) {
        let cells = contrast == .parabola || contrast == .chord ? 24 : 16
        #expect(contrast.weights.count == cells)
        #expect(abs(contrast.weights.reduce(0, +)) < 1e-12)
        #expect(contrast.weights.contains { abs($0) > 0.05 })
        #expect(abs(measure(contrast) { _ in 1e6 }) < 1e-6)
    }

    @Test(arguments: [Contrast.parabola, .chord, .step]) func linesAreInvisible(to contrast: Contrast) {
        #expect(abs(measure(contrast) { 7 - 3 * $0 }) < 1e-9)
    }

    @Test func parabolasAreInvisibleToTheParabolaOnly() {
        #expect(abs(measure(.parabola) { 2 + 0.5 * $0 - 0.25 * $0 * $0 }) < 1e-9)
        #expect(abs(measure(.chord) { $0 * $0 }) > 1)
        // Odd powers cancel, even those that are not modelled.
        #expect(abs(measure(.parabola) { $0 * $0 * $0 }) < 1e-9)
    }

    /// What lies above a learning curve's chord may be the bend itself; the chord must lie above it.
    @Test func theChordOfAFallLiesAboveIt() {
        #expect(measure(.chord) { pow($0 + 20, -0.5) } < 0)
        #expect(measure(.rise) { pow($0 + 20, -0.5) } < 0)
    }

    @Test(arguments: [Contrast.parabola, .chord], [1.0, -2.5]) func blocksHaveTheirHeight(
        _ contrast: Contrast,
        height: Double
    ) {
        let half = Double(contrast.length) / 2
        #expect(abs(measure(contrast) { abs($0) < half ? height : 0 } - height) < 1e-9)
    }

    @Test(arguments: [Contrast.step, .rise]) func stepsHaveTheirHeight(_ contrast: Contrast) {
        #expect(abs(measure(contrast) { $0 > 0 ? 1 : 0 } - 1) < 1e-9)
        #expect(abs(measure(contrast) { $0 > 0 ? 0 : 1 } + 1) < 1e-9)
    }

    @Test func aStepOnASlopeKeepsItsHeight() {
        #expect(abs(measure(.step) { 5 - 0.1 * $0 + ($0 > 0 ? 0.7 : 0) } - 0.7) < 1e-9)
        // A rise takes the slope for what it is over eight cells.
        #expect(abs(measure(.rise) { 0.1 * $0 } - 0.8) < 1e-9)
    }

    @Test(arguments: Contrast.allCases) func windowAndBeginAgreeWithTheWeights(of contrast: Contrast) {
        let window = contrast.begin..<contrast.begin + contrast.length
        // The far end of a step tells of the slope.
        #expect(window.prefix(4).allSatisfy { contrast.weights[$0] > 0 })
        #expect(contrast.begin + contrast.length <= contrast.weights.count)
        #expect(contrast.weights[contrast.begin - 1] <= 0)
    }
}
