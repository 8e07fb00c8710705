import Diagnosis
import Foundation
import Terms
import Testing
import TrainingLogs

/// Healthy runs of every shape, many times: the verdict must be "healthy".
@Suite struct FalseAlarmTests {
    private func alarms(_ runs: some Sequence<SyntheticRun>) -> [String] {
        runs.flatMap { run in run.loud.map { "\($0.kind.rawValue)@\($0.firstStep): \($0.measurements)" } }
    }

    @Test func healthyRunsOfManyLengthsAndNoises() {
        let runs = (0..<300).map { seed -> SyntheticRun in
            let steps = [60, 120, 300, 700, 1500, 3000][seed % 6]
            let noise = [0.01, 0.03, 0.06, 0.12, 0.2][seed % 5]
            let warmup = [5, 20, 50][seed % 3]
            return SyntheticRun(steps: steps, noise: noise, warmup: min(warmup, steps / 4), seed: UInt64(seed))
        }
        #expect(alarms(runs) == [])
    }

    @Test func healthyRunsWithHardBatches() {
        let runs = (0..<100).map { seed in
            SyntheticRun(steps: 3000, noise: 0.08, hardBatches: 0.008, seed: UInt64(1000 + seed))
        }
        #expect(alarms(runs) == [])
    }

    @Test func healthyRunsWithCorrelatedNoise() {
        let runs = (0..<100).map { seed -> SyntheticRun in
            var run = SyntheticRun(noise: 0.02, seed: UInt64(2000 + seed))
            var generator = SeededGenerator(seed: UInt64(3000 + seed))
            var drift = 0.0
            for index in run.loss.indices {
                drift = 0.8 * drift + 0.03 * generator.normal()
                run.loss[index] += drift
            }
            return run
        }
        // At most one in a hundred: neighbours correlate by 0.8, and the log does not say so.
        let alarming = runs.filter { !$0.loud.isEmpty }
        #expect(alarming.count <= 1, "\(alarms(alarming))")
    }

    @Test func healthyRunsLoggedSparselyOrAveraged() {
        let runs = (0..<60).map { seed -> (SyntheticRun, TrainingHistory) in
            let run = SyntheticRun(steps: 2000, noise: 0.1, seed: UInt64(4000 + seed))
            var history = run.history
            let every = [10, 25, 100][seed % 3]
            let kept = stride(from: 0, to: 2000, by: every)
            history.train = Series(steps: kept.map { $0 + 1 }, values: kept.map { run.loss[$0] })
            history.learningRate = Series(steps: kept.map { $0 + 1 }, values: kept.map { run.rate[$0] })
            history.gradientNorm = Series(steps: kept.map { $0 + 1 }, values: kept.map { run.norm[$0] })
            return (run, history)
        }
        for (run, history) in runs {
            let events = Diagnosis.events(from: Diagnosis.symptoms(in: history, configuration: run.configuration))
            #expect(Diagnosis.verdict(events.gravest, history: history) == .healthy)
        }
    }

    @Test func healthyRunsWatchedWhileTheyGoOn() {
        let whole = SyntheticRun(steps: 1000, noise: 0.06, seed: 77)
        for length in stride(from: 1, through: 1000, by: 37) {
            var run = whole
            run.loss = Array(whole.loss.prefix(length))
            run.rate = Array(whole.rate.prefix(length))
            run.norm = Array(whole.norm.prefix(length))
            #expect(run.loud.map(\.kind) == [], "after \(length) steps")
        }
    }

    @Test func injectedSpikesAreFoundInNearlyEveryRun() {
        var found = 0
        for seed in 0..<100 {
            var run = SyntheticRun(noise: 0.08, hardBatches: 0.003, seed: UInt64(5000 + seed))
            run.corrupt(400 + 3 * seed..<405 + 3 * seed)
            let onset = 401 + 3 * seed
            if run.loud.contains(where: { $0.kind == .lossSpike && abs($0.firstStep - onset) <= 2 }) { found += 1 }
        }
        #expect(found >= 98)
    }

    @Test func aLargeLossThatFallsIsAnotherUnitAndNoDivergence() {
        // A squared error per epoch: 123 to 38, as training curves outside language models look.
        var run = SyntheticRun(steps: 17)
        run.configuration.vocabulary = nil
        run.loss = run.loss.indices.map { 38 + 85 * exp(-Double($0) / 4) }
        #expect(run.loud.map(\.kind) == [])
        var long = SyntheticRun(steps: 400)
        long.configuration.vocabulary = nil
        long.loss = long.loss.indices.map { 128 + 20 * exp(-Double($0) / 40) + 0.5 * sin(Double($0 * $0)) }
        #expect(long.first(.lossDivergence) == nil)
        // One that stays is worse than any guess.
        long.loss = long.loss.indices.map { 60 + 0.5 * sin(Double($0 * $0)) }
        #expect(long.first(.lossDivergence)?.severity == .failure)
    }

    @Test func ofALossNearZeroNoChangeIsWorthAnAlarm() {
        var run = SyntheticRun(steps: 600)
        var generator = SeededGenerator(seed: 3)
        run.configuration.vocabulary = nil
        run.loss = run.loss.indices.map { 2 * exp(-Double($0) / 25) + 1e-4 * (1 + 0.2 * generator.normal()) }
        for index in 400..<600 { run.loss[index] += 0.002 }
        for index in 480..<490 { run.loss[index] += 0.002 }
        #expect(run.loud.filter { $0.kind != .lossCollapse && $0.kind != .overfitting }.map(\.kind) == [])
    }

    @Test func aNewMixtureOfDataIsInformationWhereValidationFallsOn() throws {
        withKnownIssue("a dip of other text hides behind the rise at its end", isIntermittent: true) {
            var run = SyntheticRun(steps: 2000, noise: 0.03)
            let steps = Array(stride(from: 1, through: 2000, by: 100))
            let fixed = run.loss
            run.lift(1000..<2000, by: 0.3)
            run.lift(1500..<1700, by: -0.35)
            var touched = run
            run.validation = Series(
                steps: steps,
                values: steps.map { fixed[$0 - 1] * 0 + 3 + 7.8 / Double($0).squareRoot() }
            )
            #expect(run.first(.lossStepUp)?.severity == .info)
            #expect(run.first(.lossDip)?.severity == .info)
            #expect(run.loud.map(\.kind) == [])
            // Without a yardstick, or with one that feels it, the step is a failure.
            #expect(touched.loud.contains { $0.kind == .lossStepUp })
            touched.validation = Series(
                steps: steps,
                values: steps.map { 3 + 7.8 / Double($0).squareRoot() + ($0 > 1000 ? 0.3 : 0) }
            )
            #expect(touched.loud.contains { $0.kind == .lossStepUp })
        }
    }

    @Test func aWarmupPrintedWithFewDigitsIsNoJump() {
        var run = SyntheticRun()
        run.configuration = TrainingConfiguration()
        run.rate = run.rate.map { ($0 * 1e6).rounded() / 1e6 }
        for index in 0..<8 { run.rate[index] = [0, 0, 1e-6, 1e-6, 1e-6, 2e-6, 2e-6, 4e-6][index] }
        #expect(run.loud.map(\.kind) == [])
    }

    @Test func aSmallVocabularyNeedsLessOfAModel() throws {
        var run = SyntheticRun(steps: 2000, initial: 6.93, floor: 2.2)
        run.configuration.vocabulary = 1024
        run.configuration.parameters = 17_000_000
        run.configuration.tokensPerStep = 524_288
        #expect(run.first(.underfitting) == nil)
        run.configuration.parameters = 30_000
        #expect(run.first(.underfitting)?.severity == .warning)
    }
}
