import Diagnosis
import Foundation
import Terms
import Testing

/// What kind of bump a spike is, and how single hard batches are told.
@Suite struct SpikeFormTests {
    private func spike(_ run: SyntheticRun) throws -> Symptom {
        try #require(run.symptoms.first { $0.kind == .lossSpike && $0[LossSpikeRule.hardBatches] == nil })
    }

    @Test func badBatchesKeepTheirHeightAndAnUpdateGoneWrongFades() throws {
        var block = SyntheticRun(steps: 2000, seed: 710_003)
        block.lift(1000..<1030, by: 0.5)
        let sustained = try spike(block)
        #expect(sustained[LossSpikeRule.sustained] == true && sustained[LossSpikeRule.fading] == nil)
        #expect(sustained[LossSpikeRule.records] == 30)
        #expect(abs((sustained[LossSpikeRule.excess] ?? 0) - 0.5) < 0.05)
        #expect((sustained[LossSpikeRule.expected] ?? 1) < CurveScan.leastChance)
        var kicked = SyntheticRun(steps: 2000, seed: 710_003)
        kicked.kick(at: 1000, height: 3, decay: 12)
        let fading = try spike(kicked)
        #expect(fading[LossSpikeRule.fading] == true && fading[LossSpikeRule.sustained] == nil)
        var single = SyntheticRun(steps: 2000, seed: 710_003)
        single.lift(1000..<1001, by: 9)
        let tooShort = try spike(single)
        #expect(tooShort[LossSpikeRule.sustained] == nil && tooShort[LossSpikeRule.fading] == nil)
    }

    @Test func twentyRecordsAreSeenAtFiveDeviationsAndNotAtOne() throws {
        var seen = SyntheticRun(steps: 2000, seed: 720_007)
        seen.lift(1200..<1220, by: 0.25)
        let symptom = try spike(seen)
        #expect(symptom.severity == .warning && abs(symptom.firstStep - 1201) <= 2 && abs(symptom.lastStep - 1220) <= 2)
        var unseen = SyntheticRun(steps: 2000, seed: 720_007)
        unseen.lift(1200..<1220, by: 0.04)
        #expect(unseen.first(.lossSpike) == nil && unseen.first(.unexplainedChange) == nil)
    }

    @Test func allHardBatchesAreOneLine() throws {
        var run = SyntheticRun(steps: 2000, seed: 730_001)
        for (index, height) in [(700, 0.6), (1100, 1.1), (1600, 0.7)] { run.lift(index..<index + 1, by: height) }
        let lines = run.symptoms.filter { $0.kind == .lossSpike }
        #expect(lines.count == 1)
        #expect(lines[0].severity == .info && lines[0][LossSpikeRule.hardBatches] == 3)
        #expect(lines[0].firstStep == 1101 && lines[0].lastStep == 1101, "the highest one")
        #expect((lines[0][LossSpikeRule.zScore] ?? 0) > 15)
        #expect(run.loud == [])
    }

    @Test func aSingleRecordThatCostsMoreThanGuessingIsNoText() throws {
        var run = SyntheticRun(steps: 2000, seed: 740_003)
        let chance = log(50_257.0)
        run.loss[1500] = chance + 0.1
        let impossible = try #require(run.loud.first { $0.kind == .lossSpike })
        #expect(impossible.firstStep == 1501 && impossible.lastStep == 1501)
        run.loss[1500] = chance - 0.1
        #expect(run.loud == [])
        #expect(run.first(.lossSpike)?[LossSpikeRule.hardBatches] == 1)
    }

    /// Harder text on which the model goes on learning what validation asks.
    @Test func aLowBumpThatValidationDoesNotFeelIsInformation() throws {
        var run = SyntheticRun(steps: 2000, seed: 750_019)
        run.lift(1000..<1200, by: 0.1)
        #expect(try spike(run).severity == .warning)
        let steps = Array(stride(from: 100, through: 2000, by: 100))
        run.validation = LogSeries.falling(steps)
        #expect(try spike(run).severity == .info)
        run.lift(1000..<1200, by: 0.2)
        #expect(try spike(run).severity == .warning, "its single records stand out")
    }
}
