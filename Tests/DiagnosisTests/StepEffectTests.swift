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
        for seed in 0..<250 as Range<UInt64> {
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
        print("COVER", noise, draws, beyondTwo, beyondThree)
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
        print("FOUND", found, sum / 30)
        #expect(found >= 22, "20 steps at one sigma are 4.5 errors: nine in ten lie above three")
        #expect(abs(sum / 30 - Self.sigma) < 0.15 * Self.sigma)
    }
}
