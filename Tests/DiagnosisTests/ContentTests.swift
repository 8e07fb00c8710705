import Diagnosis
import Foundation
import Terms
import Testing
import TrainingLogs

@Suite struct ContentTests {
    private var jump: SyntheticRun {
        var run = SyntheticRun(steps: 1200)
        run.lift(600..<1200, by: 1.2)
        return run
    }

    @Test func tokensThatStayOfAnotherKindAreDataOrder() {
        let lasting = Evidence.contentShift(ContentShift(usual: 0.02, event: 0.3, after: 0.3))
        let same = Evidence.contentShift(ContentShift(usual: 0.02, event: 0.02, after: 0.02))
        let with = jump.ranked([SyntheticRun.intact, lasting])
        let without = jump.ranked([SyntheticRun.intact, same])
        #expect(with.first?.cause == .dataOrder)
        func confidence(_ list: [Hypothesis]) -> Double { list[.dataOrder]?.confidence ?? 0 }
        #expect(confidence(with) > 0.7 && confidence(without) < 0.5)
    }

    @Test func tokensThatChangeTheirKindAgainAndAgain() {
        let changes = Evidence.contentShift(ContentShift(usual: 0.2, event: 0.2, after: 0.2, changes: 6))
        #expect(jump.ranked([SyntheticRun.intact, changes]).first?.cause == .dataOrder)
    }

    @Test func oddTokensForAMomentAreAnOutlierUnlessTheShardIsDamaged() {
        var run = SyntheticRun()
        run.corrupt(600..<603)
        let odd = Evidence.contentShift(ContentShift(usual: 0.02, event: 0.3, after: 0.02))
        #expect(run.ranked([SyntheticRun.intact, odd]).first?.cause == .outlierBatch)
        #expect(run.ranked([run.damage(601...603), odd]).first?.cause == .corruptShard)
    }

    @Test func endingAtTheEntropyOfSingleTokensIsAMisalignment() {
        var run = SyntheticRun(steps: 1000, floor: 7.4, noise: 0.02)
        for index in run.loss.indices {
            run.loss[index] = 7.5 + 3.3 * exp(-Double(index) / 8) + (run.loss[index] - 7.4) * 0.01
        }
        run.configuration.facts.unigramEntropy = 7.5
        let first = run.ranked().first
        #expect(first?.cause == .targetsMisaligned)
        #expect(first?.isSupported(by: "at-entropy") == true)
    }

    @Test func aResumeThatRepeatsItsFirstLossAndThenDepartsLostItsMoments() throws {
        let run = SyntheticRun(steps: 400, floor: 2, noise: 0.02)
        var history = run.history
        let steps = Array(301...330)
        let again = steps.enumerated().map { offset, step in run.loss[step - 1] + (offset == 0 ? 0 : 0.12) }
        history.train = Series(
            steps: Array(history.train.steps.prefix(330)) + steps + Array(331...400),
            values: Array(run.loss.prefix(330)) + again + Array(run.loss[330...])
        )
        let symptoms = Diagnosis.symptoms(in: history, configuration: run.configuration)
        let jump = try #require(symptoms.first { $0.kind == .resumeJump })
        #expect(jump.firstStep == 301 && jump[ResumeJumpRule.departs] == true)
        let event = try #require(Diagnosis.events(from: symptoms).first { $0.symptoms.contains(jump) })
        let ranked = Diagnosis.rank(event: event, history: history, configuration: run.configuration)
        #expect(ranked.first?.cause == .optimizerState)
    }

    @Test func aResumeThatRepeatsEverythingIsHealthy() {
        let run = SyntheticRun(steps: 400, floor: 2, noise: 0.02)
        var history = run.history
        history.train = Series(
            steps: Array(1...330) + Array(301...400),
            values: Array(run.loss.prefix(330)) + Array(run.loss[300...])
        )
        let symptoms = Diagnosis.symptoms(in: history, configuration: run.configuration)
        #expect(!symptoms.contains { $0.kind == .resumeJump })
    }

    @Test func aSwingAsLongAsAnEpochIsRepeatedData() {
        var run = SyntheticRun(steps: 1200, floor: 2, noise: 0.01)
        for index in run.loss.indices { run.loss[index] += 0.3 * sin(2 * Double.pi * Double(index) / 40) }
        run.configuration.tokensPerStep = 1000
        run.configuration.trainTokens = 40_000
        #expect(run.ranked().first?.cause == .dataExhaustion)
        run.configuration.trainTokens = 40_000_000
        #expect(run.ranked().first?.cause == .dataOrder)
    }

    @Test func aValidationTurnAtAJumpBelongsToTheJump() throws {
        var run = jump
        run.loss = run.loss.enumerated().map { $0 < 600 ? $1 : $1 - 0.9 * (1 - exp(-Double($0 - 600) / 150)) }
        run.validation = Series(steps: [200, 400, 600, 800, 1000, 1200], values: [5, 4.5, 4.2, 6, 7, 8])
        let events = Diagnosis.events(from: run.symptoms)
        let turn = try #require(events.first { $0.symptoms.contains { $0.kind == .overfitting } })
        #expect(turn.symptoms.contains { [.lossStepUp, .lossSpike].contains($0.kind) })
    }
}
