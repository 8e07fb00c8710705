import Foundation
import Testing
import TrainingLogs

struct MergingTests {
    static let output = """
        val loss 6.25
        step    1/3 | train loss 6.238888 | norm 1.9219 | lr 4.00e-05 | (1 ms | 9 tok/s)
        step    2/3 | train loss 6.100000 | norm 1.8000 | lr 8.00e-05 | (1 ms | 9 tok/s)
        step    3/3 | train loss nan | norm 1.7000 | lr 9.00e-05 | (1 ms | 9 tok/s)
        val loss 6.0
        """
    static let mainLog = "s:0 tel:6.2500\ns:0 trl:6.2389\ns:1 trl:6.1000\ns:2 trl:nan\ns:3 tel:6.0000\n"

    @Test func mainLogBesideStandardOutputIsNotCountedAgain() throws {
        let scratch = try Scratch()
        let paths = [try scratch.write(Self.output, as: "log.txt"), try scratch.write(Self.mainLog, as: "main.log")]
        let merged = try LogReader.read(paths: paths)
        let alone = try LogReader.read(path: paths[0])
        #expect(merged.train.matches(alone.train))
        #expect(merged.validation == alone.validation)
        #expect(merged.segments == alone.segments)
        #expect(merged.format == "llm.c-python")
        let reversed = try LogReader.read(paths: paths.reversed())
        #expect(reversed.format == "llm.c-main-log")
        #expect(reversed.train.steps == [0, 1, 2])
        #expect(reversed.gradientNorm.steps == [0, 1, 2], "moved to the numbering of the base")
        #expect(reversed.validation.steps == [0, 3])
        #expect(reversed.hyperparameters.totalSteps == 3)
    }

    @Test func validationOnlyFileLendsItsSeries() throws {
        let scratch = try Scratch()
        let train = try scratch.write("s:0 trl:6.2\ns:1 trl:6.1\n", as: "a.log")
        let validation = try scratch.write("s:0 tel:6.3\ns:2 tel:6.0\n", as: "b.log")
        let merged = try LogReader.read(paths: [validation, train])
        #expect(merged.train.steps == [0, 1])
        #expect(merged.validation == Series(steps: [0, 2], values: [6.3, 6.0]))
    }

    @Test func aFileWithoutACurveIsNamedAsLeftOut() throws {
        let scratch = try Scratch()
        let train = try scratch.write(Self.mainLog, as: "main.log")
        let other = try scratch.write("Starting up\nAll done.\n", as: "setup.log")
        let merged = try LogReader.read(paths: [other, train])
        #expect(merged.notes == ["\(other): no training curve in it, so it was left out"])
        #expect(throws: LogError.self) { try LogReader.read(paths: [other]) }
    }

    @Test func aResumedRunInTwoFilesBecomesTwoSegments() throws {
        let scratch = try Scratch()
        let first = try scratch.write((0..<10).map { "s:\($0) trl:\(9 - $0).0\n" }.joined(), as: "1.log")
        let second = try scratch.write((8..<20).map { "s:\($0) trl:0.\($0)\n" }.joined(), as: "2.log")
        let third = try scratch.write((20..<25).map { "s:\($0) trl:0.\($0)\n" }.joined(), as: "3.log")
        let merged = try LogReader.read(paths: [first, second, third])
        #expect(merged.train.count == 27)
        #expect(merged.segments.map(\.steps) == [0...9, 8...24])
        #expect(merged.train.merged().count == 25)
    }

    @Test func otherLossesAtTheSameStepsAreAnotherRun() throws {
        let scratch = try Scratch()
        let ranks = try (0..<2).map { rank in
            try scratch.write((0..<10).map { "s:\($0) trl:\(rank + 1).\($0)\n" }.joined(), as: "rank\(rank).log")
        }
        let history = try LogReader.read(paths: ranks)
        #expect(history.runs.map(\.train.values.first) == [1.0, 2.0])
        #expect(history.runs.map(\.place?.file) == ranks)
    }

    /// A torchtitan log, each tenth step, with a loss of its own.
    private func titan(_ steps: ClosedRange<Int>, head: String = "", _ loss: (Int) -> Double) -> String {
        head
            + stride(from: steps.lowerBound, through: steps.upperBound, by: 10).map { step in
                "step: \(step)  loss: \(String(format: "%.5f", loss(step)))  grad_norm: 0.2500  memory: 1GiB\n"
            }.joined()
    }

    @Test func twoRunsThatBeginTogetherAreToldApart() throws {
        let scratch = try Scratch()
        let first = try scratch.write(titan(10...2000) { 5 - Double($0) / 1000 }, as: "run a.log")
        // Equal for the first three quarters, as of a run that was forked.
        let second = try scratch.write(titan(10...2000) { 5 - Double($0) / ($0 > 1500 ? 1100 : 1000) }, as: "b.log")
        let history = try LogReader.read(paths: [first, second])
        #expect(history.runs.map(\.train.count) == [200, 200])
        #expect(history.runs.map(\.train.values.last)[0] == 3.0)
        #expect(history.notes == [])
        // The same texts in one file are the same runs.
        let text = try [first, second].map { try String(contentsOfFile: $0, encoding: .utf8) }.joined()
        let pasted = try LogReader.parse(bytes: Array(text.utf8), name: "both.log")
        #expect(pasted.runs.map(\.train) == history.runs.map(\.train))
    }

    @Test func otherRoundingsAndRepeatedStepsAreOfOneRun() throws {
        let scratch = try Scratch()
        let full = try scratch.write(titan(10...2000) { 5 - Double($0 * $0 % 7919) / 4001 }, as: "a.log")
        let rounded = try scratch.write(
            stride(from: 10, through: 2000, by: 10).map { step in
                "step: \(step)  loss: \(String(format: "%.2f", 5 - Double(step * step % 7919) / 4001))  grad_norm: 0.25\n"
            }.joined(),
            as: "b.log"
        )
        let resumed = try scratch.write(titan(1900...3000) { 5 - Double($0 * $0 % 7919) / 3900 }, as: "c.log")
        let again = try scratch.write(
            titan(10...3000, head: "Loading the checkpoint from step-0\n") { 4 - Double($0) / 4000 },
            as: "d.log"
        )
        for paths in [[full, rounded], [rounded, full], [full, resumed], [resumed, full], [full, again]] {
            #expect(try LogReader.read(paths: paths).notes == [], "\(paths)")
        }
    }

    @Test func theBoundaryBetweenTwoFilesStays() throws {
        let scratch = try Scratch()
        let head = "Loading the checkpoint from /x/step-1000.\n"
        let first = try scratch.write(titan(10...1000) { 5 - Double($0) / 1000 }, as: "1.log")
        let second = try scratch.write(titan(1010...2000, head: head) { 5 - Double($0) / 1000 }, as: "2.log")
        let third = try scratch.write(titan(2010...2500) { 5 - Double($0) / 1000 }, as: "3.log")
        for paths in [[first, second, third], [second, first, third]] {
            let history = try LogReader.read(paths: paths)
            #expect(history.train.count == 250)
            #expect(history.resumeRecords == [100, 200])
            #expect(history.resumedSteps == [1010, 2010])
            #expect(history.events.map(\.step) == [1010])
        }
    }

    @Test func aLogThatSaysItResumesHasTheRecord() throws {
        let text =
            titan(10...100) { _ in 3 } + "Loading the checkpoint from /x/step-100.\n" + titan(110...200) { _ in 4 }
        let history = try LogReader.parse(bytes: Array(text.utf8), name: "a.log")
        #expect(history.resumeRecords == [10])
        #expect(history.segments.count == 1)
        let ends = text + "Resuming from /x/step-200.\n"
        #expect(try LogReader.parse(bytes: Array(ends.utf8), name: "a.log").resumeRecords == [10])
    }

    @Test func aFileWithoutACurveIsLeftOutUnlessItIsTheOnlyOne() throws {
        let scratch = try Scratch()
        let log = try scratch.write(Self.output, as: "log.txt")
        let notes = try scratch.write("nothing to see\n", as: "notes.txt")
        #expect(try LogReader.read(paths: [notes, log]).train.count == 3)
        #expect(throws: LogError.self) { try LogReader.read(paths: [notes]) }
        #expect(throws: LogError.nothingToRead) { try LogReader.read(paths: []) }
    }
}
