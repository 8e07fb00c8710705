import Diagnosis
import Foundation
import Testing

/// The level and the noise that every departure is measured by.
@Suite struct RecordNoiseTests {
    private func noise(_ values: [Double]) -> RecordNoise { RecordNoise(values, curve: LearningCurve(values)) }

    @Test func theDeviationIsThatOfTheRecordsWhateverTheFall() {
        let values = SyntheticRun(steps: 2000, noise: 0.08, seed: 31_337).loss
        let sigma = noise(values).sigma
        #expect(sigma.count == values.count)
        #expect(abs(Robust.median(sigma) - 0.08) < 0.01)
        // The fast fall at the start is no noise.
        #expect(sigma[60] < 0.12)
    }

    @Test func aSpikePoisonsNeitherLevelNorNoise() {
        var run = SyntheticRun(seed: 90_003)
        let before = noise(run.loss)
        run.lift(500..<508, by: 5)
        run.lift(530..<531, by: 1)
        let after = noise(run.loss)
        #expect(abs(after.sigma[529] - before.sigma[529]) < 0.01)
        #expect(abs(after.level[504] - before.level[504]) < 0.1)
        #expect(after.distance(530, of: run.loss[530]) > 6)
        #expect(after.distance(504, of: run.loss[504]) > 50)
    }

    /// First differences of a running average are a tenth of what its records scatter.
    @Test func aRunningAverageScattersByItsDistanceFromTheLevel() {
        var run = SyntheticRun(steps: 3000, noise: 0.05, seed: 700_001)
        var mean = 0.0
        run.loss = run.loss.enumerated().map { index, value in
            mean += (value - mean) * max(0.05, 1 / Double(index + 1))
            return mean
        }
        let differences = Robust.noise(run.loss[1500...])
        let sigma = noise(run.loss).sigma[2000]
        #expect(sigma > 2 * differences, "\(sigma) against \(differences)")
        #expect(sigma < 0.05)
    }

    @Test func roundingIsNoiseToo() {
        // Two digits, and most neighbours print alike.
        let values = (0..<600).map { $0 % 9 == 0 ? 3.01 : 3 }
        let sigma = noise(values).sigma
        #expect(sigma.allSatisfy { $0 >= 0.29 * 0.01 - 1e-12 })
    }

    @Test func theNoiseFollowsAChangeAndIsNeverZero() {
        var generator = SeededGenerator(seed: 400_009)
        let values = (0..<2000).map { 3 + ($0 < 1000 ? 0.02 : 0.2) * generator.normal() }
        let sigma = noise(values).sigma
        #expect(sigma[300] < 0.03 && sigma[1700] > 0.15)
        #expect(noise([Double](repeating: 2.5, count: 400)).sigma.allSatisfy { $0 > 0 })
        #expect(noise([]).level.isEmpty && noise([]).sigma.isEmpty)
        #expect(noise([4]).level == [4])
    }

    @Test func theLevelStartsWhereRecordsStandBeforeIt() {
        #expect(noise([Double](repeating: 1, count: 400)).start == 25)
        #expect(noise([Double](repeating: 1, count: 12)).start == 6)
    }
}
