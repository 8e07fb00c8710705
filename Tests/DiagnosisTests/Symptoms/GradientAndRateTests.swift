import Diagnosis
import Foundation
import Terms
import Testing
import TrainingLogs

/// Rules that read the gradient norm, the learning rate and the noise.
@Suite struct GradientAndRateTests {
    private func nonFinite(_ records: [Int], _ value: Double = .infinity) -> Symptom? {
        var run = SyntheticRun()
        for record in records { run.norm[record] = value }
        return run.first(.gradientNonFinite)
    }

    @Test func aLossScaleThatGrowsOverflowsOnceInAWhile() {
        #expect(nonFinite([]) == nil)
        #expect(nonFinite([500])?.severity == .info)
        // Two in a hundred, one at a time.
        let apart = (0..<21).map { 100 + 40 * $0 }
        #expect(nonFinite(Array(apart.prefix(20)))?.severity == .info)
        #expect(nonFinite(apart)?.severity == .warning)
        #expect(nonFinite([500, 501])?.severity == .warning, "two in a row")
        #expect(nonFinite([500], .nan)?.severity == .warning)
    }

    @Test func aNormThatIsNeverFiniteAgainIsAFailureOfItsOwn() throws {
        let symptom = try #require(nonFinite(Array(700..<1000), .nan))
        #expect(symptom.severity == .failure && symptom.firstStep == 701)
        #expect(symptom[GradientNonFiniteRule.lasting] == true && symptom[GradientNonFiniteRule.lossFinite] == true)
        #expect(symptom[GradientNonFiniteRule.firstIsInfinite] == false)
        #expect(nonFinite([999], .nan)?.severity == .warning, "one record at the end proves nothing")
    }

    private func zeros(_ records: Int, fall: Double = 0) -> SyntheticRun {
        var run = SyntheticRun(steps: records)
        run.loss = run.loss.indices.map { 0.545 + 0.002 * Double($0 % 3) - fall * Double($0) }
        run.norm = run.norm.map { _ in 0 }
        return run
    }

    @Test func tenNormsOfExactlyZeroAreACutGraph() {
        #expect(zeros(10).first(.gradientVanishing)?.severity == .failure)
        #expect(zeros(9).first(.gradientVanishing) == nil)
        var almost = zeros(20)
        almost.norm[7] = 1e-3
        #expect(almost.first(.gradientVanishing) == nil)
    }

    @Test func whereTheLossFallsTheNormWasNotComputed() {
        #expect(zeros(40, fall: 0.005).first(.gradientVanishing) == nil)
        #expect(zeros(40).first(.gradientVanishing) != nil)
    }

    @Test func noiseAloneIsInformation() throws {
        var run = SyntheticRun(floor: 5, noise: 0.9, seed: 910_003)
        let plain = try #require(run.first(.lossOscillation))
        #expect(plain.severity == .info && (plain[LossOscillationRule.noiseRatio] ?? 0) > 0.12)
        run.configuration.tokensPerStep = 256
        #expect(run.first(.lossOscillation)?.severity == .warning)
        run.configuration.tokensPerStep = 512
        #expect(run.first(.lossOscillation)?.severity == .info)
        let steps = Array(stride(from: 50, through: 1000, by: 50))
        run.validation = Series(steps: steps, values: steps.indices.map { $0.isMultiple(of: 2) ? 5.5 : 6.5 })
        #expect(run.first(.lossOscillation)?.severity == .warning, "validation swings, too")
        #expect(SyntheticRun(floor: 5, noise: 0.3, seed: 910_003).first(.lossOscillation) == nil)
    }

    @Test func aRateThatFlickersInItsLastDigitDoesNotJump() throws {
        var run = SyntheticRun()
        run.configuration = TrainingConfiguration()
        run.rate = run.rate.indices.map { (400..<410).contains($0) || (600..<620).contains($0) ? 0 : 1e-6 }
        #expect(run.first(.scheduleJump) == nil)
        run.rate = run.rate.indices.map { (400..<410).contains($0) ? 0 : 1e-6 }
        #expect(run.first(.scheduleJump)?.firstStep == 401, "one stretch is none")
        // Larger values are not a matter of digits.
        run.rate = run.rate.indices.map {
            (400..<410).contains($0) || (600..<620).contains($0) ? 0 : $0 < 200 ? 1e-6 : 1e-4
        }
        #expect(run.symptoms.filter { $0.kind == .scheduleJump }.count >= 2)
    }

    /// The highest rate of a run may be a fault of three records, and the warm-up long over.
    @Test func aJumpOfTheRateIsNoEndlessWarmUp() {
        var run = SyntheticRun(steps: 400)
        run.configuration = TrainingConfiguration()
        run.rate = run.rate.indices.map { min(1, Double($0 + 1) / 40) * ((300..<303).contains($0) ? 3e-2 : 1.5e-3) }
        #expect(run.first(.scheduleMisaligned) == nil)
        #expect(run.first(.scheduleJump)?.firstStep == 301)
        run.rate = run.rate.indices.map { 1e-5 * Double($0 + 1) }
        #expect(run.first(.scheduleMisaligned)?[ScheduleMisalignedRule.rising] == true)
    }
}
