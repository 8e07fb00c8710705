import Diagnosis
import Foundation
import Testing
import TrainingLogs

/// Finding the stretches that read data again, on curves whose batches are known.
@Suite struct RepeatedDataTests {
    private static func found(_ batches: [Double], every: Int = 1) -> [RepeatedStretch] {
        RepeatedData.find(LossFingerprint(FingerprintTests.curve(batches, every: every))).stretches
    }

    /// Batches of which a stretch comes again, as nearly as `correlation` says.
    private static func repeated(
        _ count: Int,
        from source: Int,
        at place: Int,
        length: Int,
        correlation: Double,
        seed: UInt64
    ) -> [Double] {
        var batches = FingerprintTests.batches(count, seed: seed)
        let rest = (1 - correlation * correlation).squareRoot()
        for index in 0..<length {
            batches[place + index] = correlation * batches[source + index] + rest * batches[place + index]
        }
        return batches
    }

    @Test(arguments: 1...6) func aStretchThatComesAgainIsFoundWithItsBounds(seed: Int) throws {
        let batches = Self.repeated(3000, from: 400, at: 1900, length: 175, correlation: 0.97, seed: UInt64(seed))
        let stretch = try #require(Self.found(batches).first)
        #expect(Self.found(batches).count == 1)
        #expect(stretch.lag == 1500)
        #expect(abs(stretch.steps.lowerBound - 1900) <= 20 && abs(stretch.steps.upperBound - 2074) <= 20)
        #expect(stretch.correlation > 0.85 && stretch.chance < 1e-6 && stretch.blocks >= 3)
    }

    @Test(arguments: 1...3) func halfOfABatchIsEnoughInALongStretch(seed: Int) throws {
        let batches = Self.repeated(6000, from: 500, at: 3000, length: 500, correlation: 0.5, seed: UInt64(seed))
        let stretch = try #require(Self.found(batches).first)
        #expect(stretch.lag == 2500)
    }

    @Test(arguments: 1...20) func otherBatchesDoNotAgree(seed: Int) {
        var generator = SeededGenerator(seed: UInt64(seed) * 1_000_003)
        let count = 500 + seed * 100
        // Noise with the tails of Student's t with three degrees of freedom, in bursts.
        let batches = (0..<count).map { index -> Double in
            let square = (0..<3).reduce(0.0) { sum, _ in sum + pow(generator.normal(), 2) } / 3
            return (index / 200 % 2 == 0 ? 1 : 3) * generator.normal() / square.squareRoot()
        }
        #expect(Self.found(batches) == [])
    }

    @Test func heavyTailsDoNotHideAStretch() throws {
        var generator = SeededGenerator(seed: 9)
        var batches = (0..<2000).map { _ in
            generator.normal() / (0.05 + abs(generator.normal()))
        }
        batches.replaceSubrange(1500..<1800, with: batches[200..<500])
        let stretch = try #require(Self.found(batches).first)
        #expect(stretch.lag == 1300 && stretch.records > 270)
    }

    @Test func passesInOneOrderAreOneStretch() throws {
        let pass = FingerprintTests.batches(400, seed: 2)
        let stretches = Self.found(pass + pass + pass)
        let stretch = try #require(stretches.first)
        #expect(stretches.count == 1 && stretch.lag == 400 && stretch.steps.upperBound > 1180)
    }

    @Test func recordsOfTenStepsAreFoundAtTheirLag() throws {
        let batches = Self.repeated(1200, from: 100, at: 800, length: 200, correlation: 0.95, seed: 5)
        let stretch = try #require(Self.found(batches, every: 10).first)
        #expect(stretch.lag == 7000)
        #expect(abs(stretch.source.lowerBound - 1000) <= 120)
    }

    @Test func aGapInTheLogDoesNotShiftTheLag() throws {
        let batches = Self.repeated(1500, from: 100, at: 1000, length: 300, correlation: 0.97, seed: 6)
        let whole = FingerprintTests.curve(batches)
        let kept = whole.steps.indices.filter { !(500..<600).contains($0) && $0 % 17 != 0 }
        let series = Series(steps: kept.map { whole.steps[$0] }, values: kept.map { whole.values[$0] })
        let stretch = try #require(RepeatedData.find(LossFingerprint(series)).stretches.first)
        #expect(stretch.lag == 900)
    }

    /// Sources that take turns make noise agree at many lags; the batches are others each time.
    @Test(arguments: 1...4) func sourcesThatTakeTurnsAreNoRepetition(seed: Int) {
        var generator = SeededGenerator(seed: UInt64(seed) * 1_000_003)
        let period = 22 + seed
        let levels = (0..<period).map { $0 % 5 == 0 || $0 % 7 == 0 ? 2.0 : -0.5 }
        let batches = (0..<2000).map { levels[$0 % period] + generator.normal() }
        #expect(Self.found(batches) == [])
    }

    @Test func oneCurveIsLookedUpInAnother() throws {
        let batches = FingerprintTests.batches(2000, seed: 8)
        let first = LossFingerprint(FingerprintTests.curve(Array(batches[..<1500])))
        let second = LossFingerprint(FingerprintTests.curve(Array(batches[700..<2000]), initial: 5))
        let stretch = try #require(RepeatedData.find(second, in: first).stretches.first)
        #expect(stretch.lag == -700 && stretch.records > 750)
        let other = LossFingerprint(FingerprintTests.curve(FingerprintTests.batches(1300, seed: 80)))
        #expect(RepeatedData.find(other, in: first).stretches == [])
        #expect(RepeatedData.find(other, in: first).certain != nil)
    }

    @Test func whatCannotBeSeenIsUnknown() {
        let short = LossFingerprint(FingerprintTests.curve(FingerprintTests.batches(30, seed: 1)))
        #expect(RepeatedData.find(short).certain == nil)
        let constant = LossFingerprint(Series(steps: Array(0..<200), values: Array(repeating: 2, count: 200)))
        #expect(RepeatedData.find(constant).certain == nil)
    }
}
