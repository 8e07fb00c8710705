import Diagnosis
import Foundation
import Terms
import Testing
import TrainingLogs

/// Two runs beside each other: statistics by simulation, and what is not noise.
@Suite struct RunComparisonTests {
    /// Noise with heavy tails: Student's t with three degrees of freedom.
    struct Noise {
        private var generator: SeededGenerator

        init(seed: Int) { generator = SeededGenerator(seed: UInt64(seed)) }

        mutating func heavy() -> Double {
            let square = (0..<3).reduce(0) { sum, _ in
                let value = generator.normal()
                return sum + value * value
            }
            return generator.normal() / (square / 3).squareRoot()
        }
    }

    /// What a run of these losses prints, with five decimals.
    static func run(_ losses: [Double], first: Int = 1, every interval: Int = 1) -> ComparedRun {
        let kept = losses.enumerated().filter { $0.offset % interval == 0 }
        var history = TrainingHistory(format: "test", stepBase: 1)
        for (offset, loss) in kept {
            history.train.append(step: offset + first, value: loss.isFinite ? (loss * 1e5).rounded() / 1e5 : loss)
        }
        return ComparedRun(history)
    }

    static func level(_ step: Int) -> Double { 3 + 5 / Double(step + 5).squareRoot() }

    /// Noise that both runs share where they read the same batches; 0.1 nats a record.
    static func losses(_ seed: Int, own: Int, share: Double, count: Int) -> [Double] {
        var (common, alone) = (Noise(seed: seed), Noise(seed: own))
        return (1...count).map { step in
            level(step) + 0.1 * (share * common.heavy() + (1 - share * share).squareRoot() * alone.heavy())
        }
    }

    /// The noise of a difference is eight times smaller where the order is the same.
    @Test func aTenthOfASigmaIsFoundWhereTheOrderIsTheSame() throws {
        var found = 0
        for seed in 1...30 {
            let share = (1 - 1.0 / 128).squareRoot()
            let a = Self.losses(seed, own: 1000 + seed, share: share, count: 1500)
            var b = Self.losses(seed, own: 2000 + seed, share: share, count: 1500)
            for index in 700..<1500 { b[index] += 0.01 }
            let comparison = RunComparison(Self.run(a), Self.run(b))
            #expect(comparison.order.relation == .same)
            guard let departure = comparison.departure else { continue }
            if departure.shownAtStep > 700, departure.shownAtStep < 1100, abs(departure.firstStep - 701) < 120 {
                found += 1
            }
            let end = try #require(comparison.final)
            #expect(abs(end.nats - 0.01) < 5 * end.standardError)
            #expect(departure.course == .lasts)
        }
        #expect(found >= 28, "\(found) of 30")
    }

    @Test func heavyTailsOfOtherBatchesAreNoDifference() {
        var alarms = 0
        for seed in 1...300 {
            let a = Self.losses(seed, own: 3000 + seed, share: 0, count: 800)
            let b = Self.losses(seed, own: 6000 + seed, share: 0, count: 800)
            let comparison = RunComparison(Self.run(a), Self.run(b))
            if comparison.verdict != .equal { alarms += 1 }
            if comparison.order.relation != .different { alarms += 1 }
        }
        #expect(alarms < 3, "\(alarms) of 300")
    }

    /// A log that prints a running average repeats its noise: its records are fewer than they look.
    @Test func averagesThatRepeatTheirNoiseAreNoDifference() {
        var alarms = 0
        for seed in 1...60 {
            let curves = [7000, 9000].map { own in
                var noise = Noise(seed: own + seed)
                var average = 0.0
                return (1...1500).map { step in
                    average = 0.9 * average + 0.1 * noise.heavy()
                    return Self.level(step) + 0.1 * average
                }
            }
            if RunComparison(Self.run(curves[0]), Self.run(curves[1])).verdict != .equal { alarms += 1 }
        }
        #expect(alarms <= 1, "\(alarms) of 60")
    }

    @Test func aDifferenceOfLevelIsFoundInOtherBatches() throws {
        let a = Self.losses(1, own: 11, share: 0, count: 2000)
        var b = Self.losses(1, own: 12, share: 0, count: 2000)
        for index in 1200..<2000 { b[index] += 0.1 }
        let comparison = RunComparison(Self.run(a), Self.run(b))
        #expect(comparison.verdict == .different)
        let departure = try #require(comparison.departure)
        #expect(abs(departure.firstStep - 1201) < 60 && departure.shownAtStep < 1500)
        #expect(departure.probability < 1e-3)
        #expect(abs(departure.largest.nats - 0.1) < 0.08)
        // Back to the level of before.
        for index in 1500..<2000 { b[index] -= 0.1 }
        let back = RunComparison(Self.run(a), Self.run(b))
        #expect(back.departure?.course == .returns, "\(back)")
    }

    @Test func whatIsTheSameToTheDigitIsSaid() throws {
        let a = Self.losses(3, own: 31, share: 0, count: 400)
        #expect(RunComparison(Self.run(a), Self.run(a)).verdict == .identical)
        var b = a
        for index in 250..<400 { b[index] += 0.3 }
        let comparison = RunComparison(Self.run(a), Self.run(b))
        let identity = try #require(comparison.identity)
        #expect(identity.records == 250 && identity.lastStep == 250 && identity.firstOtherStep == 251)
        #expect(comparison.verdict == .different)
        #expect(comparison.departure?.firstStep == 251)
    }

    @Test func aToleranceCoversWhatLiesBelowIt() {
        let share = (1 - 1.0 / 128).squareRoot()
        let a = Self.losses(5, own: 51, share: share, count: 1000)
        let b = Self.losses(5, own: 52, share: share, count: 1000).map { $0 + 0.05 }
        let (one, other) = (Self.run(a), Self.run(b))
        #expect(RunComparison(one, other).verdict == .different)
        #expect(RunComparison(one, other, tolerance: .nats(0.06)).verdict == .equal)
        #expect(RunComparison(one, other, tolerance: .nats(0.04)).verdict == .different)
        #expect(RunComparison(one, other, tolerance: .share(0.02)).verdict == .equal)
        #expect(RunComparison(one, other, tolerance: .share(0.01)).verdict == .different)
    }

    @Test func valuesThatAreNotFiniteInOneAloneDiffer() throws {
        let a = Self.losses(7, own: 71, share: 0, count: 100)
        var b = a
        b[40] = .nan
        b[41] = .infinity
        let comparison = RunComparison(Self.run(a), Self.run(b))
        let nonFinite = try #require(comparison.nonFinite)
        #expect(nonFinite.firstStep == 41 && nonFinite.records == 2 && nonFinite.isInSecond)
        #expect(comparison.verdict == .different)
        var both = a
        both[40] = .nan
        both[41] = .infinity
        #expect(RunComparison(Self.run(both), Self.run(b)).verdict == .identical)
    }

    @Test func logsOfOtherIntervalsAreCompared() {
        let share = (1 - 1.0 / 128).squareRoot()
        let a = Self.losses(9, own: 91, share: share, count: 3000)
        var b = Self.losses(9, own: 92, share: share, count: 3000)
        #expect(RunComparison(Self.run(a), Self.run(b, every: 10)).verdict == .equal)
        for index in 1000..<3000 { b[index] += 0.1 }
        let comparison = RunComparison(Self.run(a), Self.run(b, every: 10))
        #expect(comparison.overlap?.records == 300 && comparison.overlap?.isPaired == true)
        #expect(abs((comparison.departure?.firstStep ?? 0) - 1001) <= 100)
        // No common step at all: means over stretches of the longer interval.
        let apart = RunComparison(Self.run(a, every: 10), Self.run(b, first: 6, every: 10))
        #expect(apart.overlap?.isPaired == false)
        #expect(apart.verdict == .different)
    }

    @Test func whatHasTooLittleInCommonIsNotJudged() {
        let a = Self.losses(1, own: 2, share: 0, count: 50)
        let apart = RunComparison(Self.run(a), Self.run(a, first: 1000))
        #expect(apart.doubt == .disjoint(1...50, 1000...1049))
        #expect(apart.verdict == .undetermined)
        #expect(RunComparison(Self.run([3]), Self.run([4])).doubt == .fewRecords(1))
        #expect(RunComparison(Self.run([3]), Self.run([3])).verdict == .identical)
        #expect(RunComparison(Self.run([3]), Self.run([4]), tolerance: .nats(0.5)).verdict == .different)
        #expect(RunComparison(Self.run([3]), Self.run([3.2]), tolerance: .nats(0.5)).verdict == .equal)
        #expect(RunComparison(Self.run([]), Self.run(a)).doubt == .noLoss(first: true, second: false))
        #expect(RunComparison(Self.run([.nan]), Self.run([.nan])).verdict == .identical)
        var wild = TrainingHistory(format: "test")
        wild.train = Series(steps: [.min, -1, .max], values: [1, .infinity, 2])
        for shift in [Int.min, 0, .max] {
            var other = wild
            other.stepBase = shift
            _ = RunComparison(ComparedRun(wild), ComparedRun(other))
        }
    }

    @Test func dataThatIsReadLaterIsRecognised() {
        let share = (1 - 1.0 / 128).squareRoot()
        let a = Self.losses(13, own: 131, share: share, count: 1000)
        let b = Self.losses(13, own: 132, share: share, count: 1000)
        let noise = (0..<1000).map { b[max(0, $0 - 7)] - Self.level(max(0, $0 - 7) + 1) + Self.level($0 + 1) }
        let order = RunComparison(Self.run(a), Self.run(noise)).order
        #expect(order.relation == .shifted && order.lag == 7)
        let parted = Array(b[..<600]) + Self.losses(14, own: 133, share: 0, count: 1000)[600...]
        let partly = RunComparison(Self.run(a), Self.run(parted)).order
        #expect(partly.relation == .sameAtFirst)
        #expect(abs((partly.sameThroughStep ?? 0) - 600) < 70)
    }

    @Test func settingsRatesAndValidationAreSetBesideEachOther() {
        var a = Self.run(Self.losses(1, own: 2, share: 0, count: 100))
        var b = a
        a.history.hyperparameters.batch = 8
        b.history.hyperparameters.batch = 16
        a.history.hyperparameters.options = ["dropout": "0.0", "n_layer": "12"]
        b.history.hyperparameters.options = ["dropout": "0.1", "n_layer": "12"]
        a.configuration.precision = .bf16
        for step in 1...100 {
            a.history.learningRate.append(step: step, value: 6e-4)
            b.history.learningRate.append(step: step, value: step < 61 ? 6.01e-4 : 3e-4)
        }
        a.history.validation = Series(steps: [50, 100], values: [3.5, 3.2])
        b.history.validation = Series(steps: [100], values: [3.3])
        let comparison = RunComparison(a, b)
        #expect(comparison.settings.map(\.name) == ["batch", "dropout", "precision"], "what one alone has comes last")
        #expect(comparison.settings.map(\.first) == [.whole(8), .text("0.0"), .text("bf16")])
        #expect(comparison.settings.map(\.second) == [.whole(16), .text("0.1"), nil])
        #expect(comparison.rate?.firstStep == 61)
        #expect(comparison.rate?.differing == 40)
        #expect(comparison.validation.map(\.step) == [100])
        #expect(comparison.validation.first?.first == 3.2 && comparison.validation.first?.second == 3.3)
    }
}
