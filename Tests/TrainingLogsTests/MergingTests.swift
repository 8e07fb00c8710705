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

    @Test func anotherRankOfTheSameStepsIsLeftOut() throws {
        let scratch = try Scratch()
        let ranks = try (0..<2).map { rank in
            try scratch.write((0..<10).map { "s:\($0) trl:\(rank + 1).\($0)\n" }.joined(), as: "rank\(rank).log")
        }
        #expect(try LogReader.read(paths: ranks).train.values.first == 1.0)
        #expect(try LogReader.read(paths: ranks).train.count == 10)
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
