import Foundation
import Reporting
import Terms
import Testing
import TrainingLogs

/// What a reader sees who points into a plot.
@Suite struct ReadingsTests {
    private func history(_ count: Int) -> TrainingHistory {
        let steps = Array(1...count)
        var history = TrainingHistory(
            format: "nanogpt",
            lossScope: .step,
            train: Series(steps: steps, values: steps.map { 4 - Double($0) / Double(2 * count) })
        )
        history.learningRate = Series(steps: steps, values: steps.map { _ in 6e-4 })
        history.validation = Series(steps: [count / 2], values: [3.9])
        return history
    }

    /// The titles of the columns, in order.
    private func titles(_ svg: String) -> [[String]] {
        guard let start = svg.range(of: "class=\"readings\"") else { return [] }
        return svg[start.upperBound...].matches(of: #/<title>([^<]*)<\/title>/#).map { match in
            match.1.split(separator: "\n").map(String.init)
        }
    }

    @Test func fewStepsHaveAColumnEach() throws {
        let boundaries = [
            ShardBoundary(step: 1, shard: "a.bin"),
            ShardBoundary(step: 60, shard: "b.bin"),
        ]
        let svg = try LearningRatePlot.svg(history: history(100), shardBoundaries: boundaries)
        let titles = titles(svg)
        #expect(titles.count == 100)
        #expect(titles.first == ["step 1", "loss 3.995", "learning rate 6e-4", "a.bin"], "\(titles.first ?? [])")
        #expect(
            titles[49] == ["step 50", "loss 3.750", "validation 3.900", "learning rate 6e-4", "a.bin"],
            "\(titles[49])"
        )
        #expect(titles[58].contains("a.bin") && titles[59].contains("b.bin"))
    }

    /// Every record is in one column, and its extremes are told.
    @Test(arguments: [251, 1000, 40_000]) func manyStepsShareColumnsWithoutLoss(count: Int) throws {
        var history = history(count)
        history.train = Series(
            steps: history.train.steps,
            values: history.train.values.enumerated().map { $0 == count / 3 ? 9.25 : $0 == count / 4 ? .nan : $1 }
        )
        let svg = try LossPlot.svg(history: history)
        let titles = titles(svg)
        #expect((55...70).contains(titles.count))
        #expect(svg.utf8.count < 150_000)
        var next = 1
        for title in titles {
            let numbers = title[0].filter { $0 != "," }.matches(of: #/\d+/#).compactMap { Int($0.0) }
            #expect(numbers.first == next, "\(title)")
            next = (numbers.last ?? 0) + 1
        }
        #expect(next == count + 1)
        #expect(titles.count { $0.contains { $0.contains("to 9.250, median ") } } == 1)
        #expect(titles.count { $0.contains { $0.contains("1 not finite") } } == 1)
    }

    /// A column lies over several shards, and names those that its steps read.
    @Test func columnsNameTheShardsOfTheirSteps() throws {
        let boundaries = (0..<500).map { ShardBoundary(step: 1 + 20 * $0, shard: "shard_\($0).bin") }
        let titles = titles(try LossPlot.svg(history: history(10_000), shardBoundaries: boundaries))
        for title in titles {
            let numbers = title[0].filter { $0 != "," }.matches(of: #/\d+/#).compactMap { Int($0.0) }
            let shards = try #require(title.last).matches(of: #/shard_(\d+)/#).compactMap { Int($0.1) }
            #expect(shards.first == (numbers[0] - 1) / 20 && shards.last == (numbers[1] - 1) / 20, "\(title)")
        }
        #expect(titles[0].last == "shard_0.bin to shard_8.bin, 9 shards", "\(titles[0])")
    }

    /// A rate that does not move to the digits shown has no range, and records far apart have their own steps.
    @Test func aColumnSaysNoMoreThanWasPrinted() throws {
        var sparse = history(20)
        let steps = (0..<20).map { $0 * 500 }
        sparse.train = Series(steps: steps, values: steps.map { 4 - Double($0) / 10_000 })
        sparse.learningRate = Series(steps: Array(0..<9501), values: (0..<9501).map { 6e-4 + 1e-9 * Double($0 % 7) })
        sparse.validation = Series()
        let titles = titles(try LearningRatePlot.svg(history: sparse))
        #expect(titles.allSatisfy { $0.contains("learning rate 6e-4") })
        sparse.learningRate = Series()
        let rare = self.titles(try LossPlot.svg(history: sparse))
        #expect(
            rare.map(\.first)
                == steps.map { "step \($0 < 1000 ? "\($0)" : "\($0 / 1000),\(String($0 % 1000 + 1000).dropFirst())")" }
                || rare.count == 20
        )
        #expect(rare[3].first == "step 1500", "\(rare[3])")
    }

    @Test func whereNothingWasPrintedNothingIsSaid() throws {
        #expect(titles(try LossPlot.svg(history: nil)).isEmpty)
        var gap = history(100)
        gap.train = Series(steps: [1, 2, 99, 100], values: [4, 3.9, 3, 2.9])
        #expect(
            titles(try LossPlot.svg(history: gap)).map(\.first) == [
                "step 1", "step 2", "step 50", "step 99", "step 100",
            ]
        )
        // Steps at the ends of the integers have no column, and end nothing.
        var far = history(3)
        far.train = Series(steps: [0, .max - 1, .max], values: [4, 3, 2])
        far.learningRate = Series()
        #expect(try LossPlot.svg(history: far).contains("<svg"))
    }
}
