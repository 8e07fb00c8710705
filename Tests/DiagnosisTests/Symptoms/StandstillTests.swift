import Diagnosis
import Foundation
import Terms
import Testing
import TrainingLogs

/// A loss that stops too high, and one that goes too low.
@Suite struct StandstillTests {
    /// Falls within 60 steps, and then by a share for each fourfold of the steps.
    private func standing(_ level: Double, share: Double) -> SyntheticRun {
        var generator = SeededGenerator(seed: 77_777_777)
        var run = SyntheticRun(steps: 3000)
        run.loss = run.loss.indices.map { index in
            let fast = (10.82 - level) * exp(-Double(index) / 12)
            let slow = level * pow(max(1, Double(index) / 60), log(1 - share) / log(4))
            return fast + slow + 0.02 * generator.normal()
        }
        return run
    }

    @Test func aStandstillFarAboveTextIsAPlateauAndSlowLearningIsNot() throws {
        let still = try #require(standing(6.5, share: 0.001).first(.lossPlateau))
        #expect(still.severity == .warning && still.firstStep < 200)
        #expect(standing(6.5, share: 0.04).first(.lossPlateau) == nil)
    }

    @Test func aStandstillAtAThirdOfGuessingMayBeTheEndOfLearning() {
        // 0.35 · ln 50257 = 3.79
        #expect(standing(4.0, share: 0.001).first(.lossPlateau) != nil)
        #expect(standing(3.6, share: 0.001).first(.lossPlateau) == nil)
    }

    @Test func aStandstillThatIsLeftIsNone() {
        var run = standing(6.5, share: 0.001)
        for record in 2000..<3000 { run.loss[record] -= 0.001 * Double(min(800, record - 2000)) }
        #expect(run.first(.lossPlateau) == nil)
    }

    /// 900 updates near the level of token frequencies: slow and broken runs look alike.
    @Test func aShortRunThatStillFallsALittleIsUndetermined() throws {
        var run = standing(6.5, share: 0.007)
        run.loss.removeLast(run.loss.count - 900)
        let early = try #require(run.first(.lossPlateau))
        #expect(early.severity == .info && early[LossPlateauRule.unsettled] == 900)
        let verdict = Diagnosis.verdict(.info, history: run.history, symptoms: run.symptoms)
        #expect(verdict == .undetermined(.stillEarly(updates: 900)))
        #expect(Diagnosis.verdict(.warning, history: run.history, symptoms: run.symptoms) == .anomalous)
        var flat = standing(6.5, share: 0)
        flat.loss.removeLast(flat.loss.count - 900)
        #expect(flat.first(.lossPlateau)?.severity == .warning, "it does not fall at all")
        #expect(standing(6.5, share: 0.007).first(.lossPlateau)?.severity == .warning, "3,000 updates are enough")
    }

    /// A trainer that prints no NaN puts 0 in its place: that is no collapse.
    @Test func aZeroBesideANormThatIsNaNIsNoLoss() {
        var run = SyntheticRun(steps: 600)
        for record in 300..<600 {
            run.loss[record] = 0
            run.norm[record] = .nan
        }
        #expect(run.first(.lossCollapse) == nil)
        #expect(run.first(.gradientNonFinite) != nil)
        run.norm = run.norm.map { $0.isNaN ? 0.5 : $0 }
        #expect(run.first(.lossCollapse) != nil)
    }

    @Test func zeroFromOneRecordToTheNextIsNotLearnedByHeart() throws {
        var run = SyntheticRun(steps: 600)
        for record in 300..<600 { run.loss[record] = 0 }
        run.validation = Series(steps: [100, 200, 400, 600], values: [4.2, 4, 4, 4])
        let collapse = try #require(run.first(.lossCollapse))
        #expect(collapse[LossCollapseRule.sudden] == true)
        let ranked = run.ranked()
        #expect(ranked.first?.cause == .targetsMisaligned)
        #expect(ranked.first?.isSupported(by: "sudden-zero") == true)
        #expect(collapsing(to: 0, vocabulary: 50_257).first(.lossCollapse)?[LossCollapseRule.sudden] == nil)
    }

    /// Falls from guessing to a level, smoothly and early.
    private func collapsing(to end: Double, vocabulary: Int?) -> SyntheticRun {
        var run = SyntheticRun(steps: 600)
        run.configuration.vocabulary = vocabulary
        let start = vocabulary.map { log(Double($0)) } ?? 2.5
        run.loss = run.loss.indices.map { end + (start - end) * exp(-Double($0) / 25) }
        return run
    }

    @Test func belowHalfOfWhatTextCostsTheLossHasCollapsed() throws {
        // 0.6 bits a byte, and 2.1 bytes a token: 0.87 nats.
        let collapse = try #require(collapsing(to: 0.41, vocabulary: 50_257).first(.lossCollapse))
        #expect(collapse.severity == .failure)
        #expect(abs((collapse[LossCollapseRule.leastOfText] ?? 0) - 0.872) < 0.001)
        #expect(collapsing(to: 0.46, vocabulary: 50_257).first(.lossCollapse) == nil)
        // Bytes cost less each.
        #expect(collapsing(to: 0.41, vocabulary: 256).first(.lossCollapse) == nil)
        #expect(collapsing(to: 0.19, vocabulary: 256).first(.lossCollapse) != nil)
    }

    @Test func ofAModelThatCameTrainedOnlyNothingIsACollapse() {
        #expect(collapsing(to: 0.06, vocabulary: nil).first(.lossCollapse) == nil)
        #expect(collapsing(to: 0.03, vocabulary: nil).first(.lossCollapse) != nil)
    }

    @Test func aCollapseSaysWhetherValidationFollows() throws {
        var run = collapsing(to: 0.2, vocabulary: 50_257)
        run.validation = Series(steps: [100, 300, 600], values: [0.6, 0.25, 0.2])
        #expect(try #require(run.first(.lossCollapse))[LossCollapseRule.shared] == true)
        run.validation = Series(steps: [100, 300, 600], values: [4, 3.9, 3.95])
        #expect(try #require(run.first(.lossCollapse))[LossCollapseRule.shared] == false)
    }

    @Test func aGapToValidationIsOverfittingFromHalfAsMuchAgain() throws {
        var run = collapsing(to: 1.9, vocabulary: 50_257)
        run.validation = Series(steps: [100, 300, 600], values: [3.2, 3.05, 3.0])
        let gap = try #require(run.first(.overfitting))
        #expect(gap.severity == .warning && abs((gap[OverfittingRule.gap] ?? 0) - 1.1) < 0.01)
        run.validation = Series(steps: [100, 300, 600], values: [3.0, 2.85, 2.8])
        #expect(run.first(.overfitting) == nil)
        // Of a small loss half as much again is little.
        var small = collapsing(to: 0.5, vocabulary: 50_257)
        small.validation = Series(steps: [100, 300, 600], values: [1.1, 1, 0.98])
        #expect(small.first(.overfitting) == nil)
    }

    @Test func withoutValidationOnlyALossNearNothingIsLearnedByHeart() {
        #expect(collapsing(to: 0.18, vocabulary: nil).first(.overfitting)?.severity == .warning)
        #expect(collapsing(to: 0.22, vocabulary: nil).first(.overfitting) == nil)
        var validated = collapsing(to: 0.18, vocabulary: nil)
        validated.validation = Series(steps: [300, 600], values: [0.25, 0.2])
        #expect(validated.first(.overfitting) == nil)
    }
}
