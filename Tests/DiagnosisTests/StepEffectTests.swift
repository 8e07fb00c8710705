import Diagnosis
import Foundation
import Terms
import Testing
import TrainingLogs

/// What known steps do to a curve, and how far the stated error can be trusted.
@Suite struct StepEffectTests {
    /// Noise of a curve.
    enum Noise: CaseIterable {
        case normal, heavyTailed, correlated, strongly

        /// Correlation of neighbours.
        var memory: Double {
            switch self {
            case .normal, .heavyTailed: 0
            case .correlated: 0.4
            case .strongly: 0.8
            }
        }
    }

    private static let sigma = 0.1

    /// A falling loss with noise of unit variance times ``sigma``; heavy tails are Student's t of three degrees of freedom.
    private static func curve(_ count: Int, _ noise: Noise, seed: UInt64) -> [Double] {
        var random = SeededGenerator(seed: seed)
        var state = random.normal()
        return (0..<count).map { step in
            var draw = random.normal()
            if noise == .heavyTailed {
                let power = (0..<3).map { _ in random.normal() }.reduce(0) { $0 + $1 * $1 } / 3
                draw /= power.squareRoot() * 3.0.squareRoot()
            }
            state = noise.memory * state + (1 - noise.memory * noise.memory).squareRoot() * draw
            return 3 + 5 * exp(-Double(step) / 40) + 2 / (1 + Double(step) / 100).squareRoot() + sigma * state
        }
    }

    private static func log(_ losses: [Double], scope: LossScope = .step, interval: Int = 1) -> LogAnalysis {
        var history = TrainingHistory(format: "test", stepBase: 1, lossScope: scope)
        history.train = Series(steps: losses.indices.map { interval * ($0 + 1) }, values: losses)
        return LogAnalysis(history)
    }

    private static func scattered(_ count: Int, of steps: Int, seed: UInt64) -> [Int] {
        var random = SeededGenerator(seed: seed)
        var chosen: Set<Int> = []
        while chosen.count < count { chosen.insert(1 + Int(random.next() % UInt64(steps))) }
        return chosen.sorted()
    }

    @Test(arguments: Noise.allCases) func errorsCoverWhatChanceDoes(_ noise: Noise) throws {
        var (beyondThree, beyondTwo, draws) = (0, 0, 0)
        for seed in 0..<120 as Range<UInt64> {
            let analysis = Self.log(Self.curve(280, noise, seed: 1000 + seed))
            let block = 40 + Int(seed * 7 % 200)
            let sets = [
                KnownSteps(.damage(shard: "a"), steps: Self.scattered(20, of: 280, seed: seed)),
                KnownSteps(.damage(shard: "a"), places: [block...block + 10]),
                KnownSteps(.damage(shard: "a"), places: [block...block]),
            ]
            for known in sets {
                let effect = try #require(analysis.effect(of: known))
                draws += 1
                if abs(effect.sigmas) > 3 { beyondThree += 1 }
                if abs(effect.sigmas) > 2 { beyondTwo += 1 }
            }
        }
        #expect(Double(beyondThree) < 0.01 * Double(draws))
        #expect(Double(beyondTwo) < 0.08 * Double(draws))
    }

    @Test func scatteredStepsAreFoundAtOneSigma() throws {
        var (found, sum) = (0, 0.0)
        for seed in 0..<30 as Range<UInt64> {
            var losses = Self.curve(600, .normal, seed: seed)
            let steps = Self.scattered(20, of: 600, seed: 77 + seed)
            for step in steps { losses[step - 1] += Self.sigma }
            let effect = try #require(Self.log(losses).effect(of: KnownSteps(.damage(shard: "a"), steps: steps)))
            if effect.isRise { found += 1 }
            sum += effect.effect
        }
        #expect(found >= 22, "20 steps at one sigma are 4.5 errors: nine in ten lie above three")
        #expect(abs(sum / 30 - Self.sigma) < 0.15 * Self.sigma)
    }

    /// A record of an interval log is raised by the share of its steps that are known.
    @Test func anIntervalIsRaisedByItsShare() throws {
        var losses = Self.curve(300, .normal, seed: 5)
        let known = KnownSteps(.damage(shard: "a"), places: [1000...1004, 2001...2020])
        losses[100] += 2 * 4 / 10
        losses[99] += 2 * 1 / 10
        for index in [200, 201] { losses[index] += 2 }
        let effect = try #require(Self.log(losses, scope: .interval, interval: 10).effect(of: known))
        #expect(effect.steps == 25 && effect.hiddenSteps == 0 && effect.records == 4)
        #expect(abs(effect.effect - 2) < 3 * effect.error && effect.isRise)
    }

    /// A log of every tenth step shows one damaged step in ten.
    @Test func stepsBetweenRecordsAreSaidToBeHidden() throws {
        let known = KnownSteps(.damage(shard: "a"), places: [1001...1030])
        let effect = try #require(Self.log(Self.curve(300, .normal, seed: 6), interval: 10).effect(of: known))
        #expect(effect.steps == 3 && effect.hiddenSteps == 27)
        let between = KnownSteps(.damage(shard: "a"), places: [1001...1004])
        #expect(Self.log(Self.curve(300, .normal, seed: 6), interval: 10).effect(of: between) == nil)
    }

    @Test func theCourseIsSeen() throws {
        let known = KnownSteps(.damage(shard: "a"), places: [200...209])
        func course(_ height: (Int) -> Double) throws -> StepEffect.Course {
            var losses = Self.curve(500, .normal, seed: 8)
            for step in 200...500 { losses[step - 1] += height(step) }
            let effect = try #require(Self.log(losses).effect(of: known))
            #expect(effect.isRise && abs(effect.effect - 1) < 0.25)
            return effect.course
        }
        #expect(try course { $0 < 210 ? 1 : 0 } == .returns)
        #expect(try course { $0 < 210 ? 1 : exp(Double(209 - $0) / 5) } == .fades)
        #expect(try course { _ in 1 } == .stays)
    }

    /// One of eight boundaries moves the level; the others are counted as quiet.
    @Test func placesOfOneKindAreCompared() throws {
        var losses = Self.curve(900, .normal, seed: 9)
        for step in 500..<600 { losses[step - 1] += 0.6 }
        let known = KnownSteps(.shardBoundaries, steps: (1...8).map { 100 * $0 })
        let effect = try #require(Self.log(losses).effect(of: known))
        #expect(effect.places.count == 8 && effect.quietPlaces == 6)
        let place = try #require(effect.place(near: 501, within: 3))
        #expect(!place.isQuiet && abs(place.effect - 0.6) < 0.2)
        #expect(effect.place(near: 550, within: 3) == nil)
    }

    @Test func hostileStepsAreNoTrap() {
        var history = TrainingHistory(format: "test", lossScope: .interval)
        history.train = Series(
            steps: [.min, -5, 0, 1, 2, 3, 4, 5, 6, 7, 8, .max - 1, .max],
            values: [1, 2, .nan, 4, 1, 1, 1, 1, 1, 1, 1, 3, .infinity]
        )
        let analysis = LogAnalysis(history)
        for places in [[.min ... .max], [5...5], [.max ... .max], []] as [[ClosedRange<Int>]] {
            for kind in [.damage(shard: "a"), .checkpoints] as [KnownSteps.Kind] {
                let effect = analysis.effect(of: KnownSteps(kind, places: places))
                #expect(effect.map { $0.error >= 0 } ?? true)
            }
        }
        _ = analysis.effectsInLog()
    }
}

/// How grave an event is once evidence is known.
@Suite struct GradingTests {
    private func run() -> SyntheticRun {
        var run = SyntheticRun(seed: 12)
        run.lift(600..<606, by: 2, norm: 3)
        return run
    }

    private static func replay(z: Double) -> Evidence {
        .replay(
            ReplayContrast(
                step: 601,
                checkpointStep: 550,
                suspectLoss: 4 + 0.1 * z,
                controlMean: 4,
                controlDeviation: 0.1,
                controlCount: 8,
                zScore: z
            )
        )
    }

    private func judged(_ evidence: [Evidence]) throws -> (event: Event, hypotheses: [Hypothesis]) {
        let run = run()
        let analysis = LogAnalysis(run.history, configuration: run.configuration)
        return analysis.judged(try #require(run.event), evidence: evidence)
    }

    @Test func aHardBatchOfIntactDataIsInformation() throws {
        let (event, hypotheses) = try judged([SyntheticRun.intact, Self.replay(z: 20)])
        #expect(event.severity == .info && hypotheses.first?.cause == .outlierBatch)
        #expect(hypotheses.first?.fix.standing == .ifItRecurs)
    }

    @Test func withoutProofOrWithAnOrdinaryBatchItStaysAWarning() throws {
        #expect(try judged([Self.replay(z: 20)]).event.severity > .info)
        #expect(try judged([SyntheticRun.intact, Self.replay(z: 0.5)]).event.severity > .info)
        #expect(try judged([SyntheticRun.intact]).event.severity > .info)
    }
}
