import Foundation
import Reporting
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
            ShardBoundaryDocument(step: 1, shard: "a.bin"),
            ShardBoundaryDocument(step: 60, shard: "b.bin"),
        ]
        let svg = try LearningRatePlot.svg(history: history(100), shardBoundaries: boundaries)
        let titles = titles(svg)
        #expect(titles.count == 100)
        #expect(titles.first == ["step 1", "loss 3.995", "learning rate 6e-4", "a.bin"], "\(titles.first ?? [])")
        #expect(
            titles[49] == ["step 50", "loss 3.75", "validation 3.9", "learning rate 6e-4", "a.bin"],
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
        #expect((60...80).contains(titles.count))
        #expect(svg.utf8.count < 150_000)
        var next = 1
        for title in titles {
            let numbers = title[0].filter { $0 != "," }.matches(of: #/\d+/#).compactMap { Int($0.0) }
            #expect(numbers.first == next, "\(title)")
            next = (numbers.last ?? 0) + 1
        }
        #expect(next == count + 1)
        #expect(titles.count { $0.contains { $0.hasSuffix("to 9.25") } } == 1)
        #expect(titles.count { $0.contains { $0.contains("1 not finite") } } == 1)
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
