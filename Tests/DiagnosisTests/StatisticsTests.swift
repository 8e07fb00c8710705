import Diagnosis
import Foundation
import Terms
import Testing
import TrainingLogs

@Suite struct StatisticsTests {
    @Test func medianAndQuantileInterpolate() {
        #expect(Robust.median([3, 1, 2]) == 2)
        #expect(Robust.median([4, 1, 2, 3]) == 2.5)
        #expect(Robust.quantile(sorted: [0, 10], 0.25) == 2.5)
        #expect(Robust.median([Double]()).isNaN)
    }

    @Test func robustDeviationAgreesWithTheDefinition() {
        var generator = SeededGenerator(seed: 7)
        for count in 2..<60 {
            let values = (0..<count).map { _ in generator.normal() * 3 + 1 }
            let centre = Robust.median(values)
            let expected = 1.4826 * Robust.median(values.map { abs($0 - centre) })
            #expect(abs(Robust.deviation(values) - expected) < 1e-12)
        }
    }

    @Test func robustDeviationIgnoresAMinorityOfOutliers() {
        var generator = SeededGenerator(seed: 8)
        var values = (0..<1000).map { _ in generator.normal() }
        for index in 0..<100 { values[index] = 1e9 }
        #expect(abs(Robust.deviation(values) - 1) < 0.25)
    }

    @Test func noiseIgnoresATrend() {
        var generator = SeededGenerator(seed: 9)
        let values = (0..<2000).map { 10 - 0.004 * Double($0) + 0.1 * generator.normal() }
        #expect(abs(Robust.noise(values) - 0.1) < 0.01)
    }

    @Test func slidingWindowAgreesWithSortingFromScratch() {
        var generator = SeededGenerator(seed: 10)
        var window = SlidingWindow(capacity: 25)
        var all: [Double] = []
        for _ in 0..<300 {
            let value = (generator.normal() * 4).rounded()
            window.append(value)
            all.append(value)
            let last = Array(all.suffix(25))
            #expect(window.median == Robust.median(last))
            let mean = last.reduce(0, +) / Double(last.count)
            #expect(abs(window.meanAndDeviation.mean - mean) < 1e-12)
        }
    }

    @Test func slidingWindowRefusesNonFiniteValues() {
        var window = SlidingWindow(capacity: 3)
        for value in [1, .nan, .infinity, 2] { window.append(value) }
        #expect(window.count == 2)
        #expect(window.median == 1.5)
    }

    @Test func kendallAndTheilSenSeeMonotoneTrends() {
        #expect(Trend.kendall([1, 2, 3, 4]) == 1)
        #expect(Trend.kendall([4, 3, 2, 1]) == -1)
        #expect(Trend.theilSen(x: [0, 1, 2, 3, 4], y: [1, 3, 5, 700, 9]) == 2)
    }

    @Test func autocorrelationPeaksAtThePeriod() {
        let values = (0..<400).map { sin(2 * Double.pi * Double($0) / 40) }
        let function = Trend.autocorrelation(values, lags: 60)
        #expect(function[40] > 0.85)
        #expect(function[20] < -0.85)
    }

    @Test func numbersPrintAlikeEverywhere() {
        #expect(NumberText.text(0.0006, .rate) == "6e-4")
        #expect(NumberText.text(0, .rate) == "0")
        #expect(NumberText.text(3.14159, .loss) == "3.142")
        #expect(NumberText.text(.nan, .loss) == "NaN")
        #expect(NumberText.text(1.5e9, .loss) == "1.5e9")
        #expect(NumberText.text(0.123, .share) == "12 %")
    }
}
