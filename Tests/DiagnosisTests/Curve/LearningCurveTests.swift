import Diagnosis
import Foundation
import Testing

@Suite struct LearningCurveTests {
    @Test(arguments: [0.2, 0.45, 1.0], [0.0, 2.5]) func aPowerLawIsFollowed(exponent: Double, floor: Double) {
        let values = (0..<3000).map { floor + 9 * pow(Double($0) + 30, -exponent) }
        let curve = LearningCurve(values)
        let scale = values[0] - values[2999]
        for record in [20, 100, 700, 2999] {
            #expect(abs(curve.value(record) - values[record]) < 0.02 * scale, "record \(record)")
        }
        #expect(curve.height > 0)
    }

    @Test func aThirdOfSpoiledRecordsDoesNotMoveIt() {
        let healthy = DrawnCurve(3000, seed: 660_000)
        var spoiled = healthy
        spoiled.lift(1000..<1400, by: 40)
        let (left, right) = (LearningCurve(healthy.values), LearningCurve(spoiled.values))
        for record in [200, 1200, 2900] { #expect(abs(left.value(record) - right.value(record)) < 0.15) }
    }

    @Test func withoutAFallItIsTheMedian() {
        let rising = LearningCurve((0..<400).map { Double($0) })
        #expect(rising.height == 0)
        #expect(abs(rising.value(10) - rising.value(390)) == 0)
        #expect(LearningCurve([4, 1, 2]).value(7) == 2)
        #expect(LearningCurve([]).value(0) == 0)
    }

    @Test func textCostsMoreATokenTheLongerTokensAre() {
        #expect(TextEntropy.bytesPerToken(vocabulary: 256) == 1)
        #expect(TextEntropy.bytesPerToken(vocabulary: 65) == 1)
        #expect(TextEntropy.bytesPerToken(vocabulary: 0) == 1)
        #expect(abs(TextEntropy.bytesPerToken(vocabulary: 50_257) - 4.4.squareRoot()) < 1e-12)
        // Shannon's 0.6 bits a byte.
        #expect(abs(TextEntropy.floor(chance: log(256)) - 0.6 * log(2)) < 1e-9)
        #expect(TextEntropy.floor(chance: log(50_257)) > 2 * TextEntropy.floor(chance: log(256)))
        #expect(TextEntropy.floor(chance: 1e308).isFinite)
    }
}
