import Foundation
import Testing
import TrainingLogs

/// Where a run begins, resumes, or is printed by several ranks.
struct RunsApartTests {
    private func read(_ text: String) throws -> TrainingHistory {
        try LogReader.parse(bytes: Array(text.utf8), name: "train.log")
    }

    /// A falling loss from that of guessing, never the same twice.
    private static func loss(_ step: Int, seed: Int = 0) -> Double {
        2.5 + 8 * exp(-Double(step) / 60) + Double((step &* 7919 &+ seed &* 104_729) % 97) / 2000
    }

    private static func line(_ step: Int, seed: Int = 0, prefix: String = "", loss value: Double? = nil) -> String {
        let text = String(format: "%.4f", value ?? loss(step, seed: seed))
        return "\(prefix)step: \(step)  loss: \(text)  grad_norm: 0.2500  memory: 1GiB(1%)  tps: 9\n"
    }

    private static func run(_ steps: some Sequence<Int>, seed: Int = 0) -> String {
        steps.map { line($0, seed: seed) }.joined()
    }

    @Test func aRestartFromScratchIsARunOfItsOwn() throws {
        for crash in [1, 2, 3, 20, 300] {
            let end = crash == 1 ? "RuntimeError: CUDA error: out of memory\n" : ""
            let history = try read(Self.run(1...crash) + end + Self.run(1...400, seed: 1))
            #expect(history.runs.map(\.train.count) == [crash, 400], "\(crash)")
            #expect(history.runs.map(\.startsTrained) == [false, false])
            #expect(history.mainRun.train.count == 400)
            #expect(history.runs.map(\.segments.count) == [1, 1])
        }
    }

    @Test func aResumeIsOne() throws {
        for (end, from) in [(500, 451), (500, 501), (500, 101), (500, 11), (40, 4)] {
            let history = try read(Self.run(1...end) + Self.run(from...900, seed: 1))
            #expect(history.runs.count == 1, "\(end) to \(from)")
            #expect(history.segments.count == (from > end ? 1 : 2))
        }
        let sparse = try read(
            Self.run(stride(from: 10, through: 500, by: 10))
                + Self.run(stride(from: 100, through: 900, by: 100), seed: 1)
        )
        #expect(sparse.runs.count == 1, "the loss at the first record is that of the run at this step")
        let said = Self.run(1...500) + "Loading the checkpoint from /x/step-10.\n" + Self.run(11...600, seed: 1)
        #expect(try read(said).runs.count == 1)
    }

    /// Logged at another distance, the second run does not print the step that the first began with.
    @Test func freshWeightsShowARun() throws {
        let first = Self.run(stride(from: 10, through: 500, by: 10))
        let text =
            first + stride(from: 50, through: 500, by: 50).map { Self.line($0, loss: Self.loss($0 - 49)) }.joined()
        #expect(try read(text).runs.map(\.train.count) == [50, 10])
    }

    @Test func aPhaseGoesOnFromTheWeightsOfTheRunBefore() throws {
        let second = (1...300).map { Self.line($0, loss: 2.4 - Double($0) / 1000) }.joined()
        let history = try read(Self.run(1...500) + second)
        #expect(history.runs.map(\.startsTrained) == [false, true])
        #expect(history.mainRun.train.count == 500)
    }

    @Test func aSweepIsMadeOfItsRunsAndLosesNoNaN() throws {
        let sweep = (0..<40).map { seed in
            Self.line(1, seed: seed) + Self.line(200, seed: seed, loss: seed == 17 ? .nan : nil)
                + Self.line(400, seed: seed)
        }.joined()
        let history = try read(sweep)
        #expect(history.runs.map(\.train.count) == Array(repeating: 3, count: 40))
        #expect(history.runs.indices.filter { history.runs[$0].train.nonFiniteCount > 0 } == [17])
        #expect(history.runs[17].place?.lines == 52...54)
        #expect(history.mainRun.place?.number == 40)
        #expect(try history.choosing(run: 18).mainRun.train.nonFiniteCount == 1)
        #expect(throws: LogError.noSuchRun(number: 41, count: 40)) { try history.choosing(run: 41) }
    }

    @Test func theMainRunIsTheLastWholeOne() throws {
        func run(_ steps: Int, of plan: Int, seed: Int) -> String {
            (1...steps).map {
                "step:\($0)/\(plan) train_loss:\(Self.loss($0, seed: seed)) train_time:9ms step_avg:9ms\n"
            }.joined()
        }
        let history = try read(run(100, of: 100, seed: 0) + run(200, of: 200, seed: 1) + run(60, of: 200, seed: 2))
        #expect(history.runs.map(\.hyperparameters.totalSteps) == [100, 200, 200])
        #expect(history.mainRun.place?.number == 2)
        let none = try read(run(60, of: 200, seed: 0) + run(61, of: 200, seed: 1) + run(9, of: 200, seed: 2))
        #expect(none.mainRun.place?.number == 2 && none.mainRun.place?.isWhole == false)
    }

    /// Ranks in turn, out of step, some of them, with one NaN.
    @Test(arguments: [2, 4, 8], [0, 1, 3])
    func ranksAreOneRunAndLoseNoNaN(ranks: Int, lag: Int) throws {
        for prefix in [nil, "[rank%]:", "%: ", "[default%]:"] {
            var generator = SeededGenerator(state: UInt64(ranks * 10 + lag))
            var next = Array(repeating: 1, count: ranks)
            var text = ""
            while let slowest = next.min(), slowest <= 60 {
                let ready = next.indices.filter { next[$0] <= min(60, slowest + lag) }
                let rank = ready[Int(generator.next() % UInt64(ready.count))]
                let isNaN = rank == ranks - 1 && next[rank] == 30
                let head = prefix.map { $0.replacing("%", with: "\(rank * 2)") } ?? ""
                text += Self.line(next[rank], seed: rank, prefix: head, loss: isNaN ? .nan : nil)
                next[rank] += 1
            }
            let history = try read(text)
            #expect(history.train.count == 60 * ranks)
            #expect(history.runs.count == 1 && history.segments.count == 1, "\(prefix ?? "no prefix")")
            #expect(history.train.merged().value(atStep: 30)?.isNaN == true)
            let again = try read(text + text)
            #expect(again.runs.map(\.train.count) == [60 * ranks, 60 * ranks])
        }
    }

    /// A rank that prints later than the others does not begin a run.
    @Test func aRankThatWasNotSeenBeginsNoRun() throws {
        let text =
            Self.line(1, prefix: "[rank0]:") + Self.line(2, prefix: "[rank0]:") + Self.line(1, prefix: "[rank3]:")
            + Self.line(2, prefix: "[rank3]:")
        #expect(try read(text).runs.count == 1)
        let again = text + text
        #expect(try read(again).runs.count == 2)
    }

    @Test func aResumedRunKeepsItsLastRecord() {
        let series = Series(steps: [1, 2, 3, 2, 3, 4], values: [3, .nan, .nan, 2, 2, 1])
        #expect(series.merged().values == [3, 2, 2, 1])
        let ranks = Series(
            steps: (1...20).flatMap { [$0, $0] },
            values: (1...20).flatMap { [$0 == 9 ? .nan : 1, 2.0] }
        )
        #expect(ranks.merged().values.count { $0.isNaN } == 1)
    }

    @Test func eachRunHasItsBannerAndItsValidation() throws {
        func run(_ batch: Int) -> String {
            "num_batches: \(batch)\nTokens per optimizer step: \(batch * 1024)\nval loss 11.0\n"
                + (1...30).map { "step \($0)/30 | train loss 5.0 | norm 1.0 | lr 1e-4 | (1 ms | 9 tok/s)\n" }.joined()
                + "val loss 4.0\n"
        }
        let history = try read(run(8) + run(16))
        #expect(history.runs.map(\.validation.values) == [[11, 4], [11, 4]])
        #expect(history.runs.map(\.validation.steps) == [[0, 30], [0, 30]])
        #expect(history.runs.map(\.gradientNorm.count) == [30, 30])
    }

    @Test func validationsAloneShowRuns() throws {
        func run(_ steps: Int) -> String {
            stride(from: 0, through: steps, by: 125)
                .map { "step:\($0)/\(steps) val_loss:\(Self.loss($0)) train_time:9ms step_avg:9ms\n" }.joined()
        }
        #expect(try read(run(1000) + run(500)).runs.map(\.validation.count) == [9, 5])
    }

    /// Steps in any order, near the ends of the numbers too: no record is lost, and nothing traps.
    @Test func anyOrderKeepsEveryRecord() throws {
        var generator = SeededGenerator(state: 11)
        for round in 0..<200 {
            let count = Int(generator.next() % 60) + 1
            let text = (0..<count).map { _ in
                let step = round % 4 == 0 ? Int(truncatingIfNeeded: generator.next()) : Int(generator.next() % 12)
                return Self.line(step == .min ? 0 : abs(step), loss: generator.next() % 9 == 0 ? .nan : 3)
            }.joined()
            guard let history = try? read(text) else { continue }
            let runs = history.runs
            #expect(runs.map(\.train.count).reduce(0, +) == history.train.count)
            #expect(runs.map(\.gradientNorm.count).reduce(0, +) == history.gradientNorm.count)
            #expect(runs.map(\.train.nonFiniteCount).reduce(0, +) == history.train.nonFiniteCount)
            #expect(runs.count == 1 || runs.count { $0.place?.isMain == true } == 1)
            let merged = TrainingHistory.merging([history, history, history.runs[0]])
            #expect(merged.map { $0.train.nonFiniteCount > 0 } == (history.train.nonFiniteCount > 0))
        }
    }
}
