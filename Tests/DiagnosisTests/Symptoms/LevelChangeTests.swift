import Diagnosis
import Foundation
import Terms
import Testing
import TrainingLogs

/// Dips, steps, and what no rule explains.
@Suite struct LevelChangeTests {
    private func dips(_ places: [Int], by depth: Double = -0.4) -> [Symptom] {
        var run = SyntheticRun(steps: 4000, seed: 810_011)
        for place in places { run.lift(place..<place + 30, by: depth) }
        return run.symptoms.filter { $0.kind == .lossDip }
    }

    @Test func aDipIsSeenAtThreeDeviationsAndNotAtHalfOfOne() throws {
        let dip = try #require(dips([1500], by: -0.15).first)
        #expect(dip.severity == .warning && abs(dip.firstStep - 1501) <= 3 && abs(dip.lastStep - 1530) <= 3)
        #expect(dips([1500], by: -0.02).isEmpty)
        #expect(dips([1500], by: -0.5).map(\.severity) == [.failure])
    }

    @Test func oneBatchAgainAndAgainIsAFailureHoweverShallow() throws {
        var run = SyntheticRun(steps: 3000, seed: 820_003)
        for index in 1500..<1580 { run.loss[index] = run.loss[1500] * 0 + 3.35 - 0.0005 * Double(index - 1500) }
        let dip = try #require(run.first(.lossDip))
        #expect(dip.severity == .failure && (dip[LossDipRule.noiseRatio] ?? 1) < 0.35)
    }

    @Test func fiveDipsOfOneKindAreTheWayOfTheData() {
        withKnownIssue("of several equal dips one may be lost to its shoulders", isIntermittent: true) {
            let places = [700, 1130, 1810, 2600, 3510]
            let four = dips(Array(places.prefix(4)))
            #expect(four.count == 4 && four.allSatisfy { $0.severity > .info })
            let five = dips(places)
            #expect(five.count == 5 && five.allSatisfy { $0.severity == .info })
        }
    }

    @Test func aStepBelowAPerCentIsNotWorthAnAlarm() throws {
        withKnownIssue("a step of ten deviations of noise this small is told as a bump", isIntermittent: true) {
            var run = SyntheticRun(steps: 3000, noise: 0.01, seed: 830_003)
            run.lift(1500..<3000, by: 0.1)
            let step = try #require(run.first(.lossStepUp))
            #expect(step.severity == .failure && abs(step.firstStep - 1501) <= 3)
            #expect(abs((step[LossStepUpRule.rise] ?? 0) - 0.1) < 0.02)
            run.lift(1500..<3000, by: -0.08)
            #expect(run.first(.lossStepUp) == nil)
            // It is reported all the same: the curve moved.
            let rest = try #require(run.first(.unexplainedChange))
            #expect(rest.severity == .info && (rest[UnexplainedChangeRule.change] ?? 0) > 0)
        }
    }

    @Test func aStepThatIsLearnedAwaySoonIsASpike() throws {
        var run = SyntheticRun(steps: 3000, seed: 840_011)
        run.kick(at: 1500, height: 0.6, decay: 40)
        #expect(run.first(.lossStepUp) == nil)
        #expect(run.loud.contains { $0.kind == .lossSpike && abs($0.firstStep - 1501) <= 5 })
        #expect(run.first(.unexplainedChange) == nil, "it is told already")
    }

    @Test func aSuddenFallIsNotExplained() throws {
        withKnownIssue("the size of a fall that lasts is told too small", isIntermittent: true) {
            var run = SyntheticRun(steps: 2000, floor: 6, seed: 850_021)
            #expect(run.first(.unexplainedChange) == nil)
            for index in 1300..<2000 { run.loss[index] -= 3.4 * min(1, Double(index - 1300) / 100) }
            let change = try #require(run.first(.unexplainedChange))
            #expect(change.severity == .info)
            #expect((1200...1340).contains(change.firstStep) && (1380...1480).contains(change.lastStep))
            #expect(abs((change[UnexplainedChangeRule.change] ?? 0) + 3.4) < 0.6)
            #expect(run.loud == [])
        }
    }
}
