import Testing
import TrainingLogs

/// A log that holds several runs, or several phases of one.
struct RunsTests {
    private static let rest = "lrm: 1.00 | dt: 1.00ms | tok/sec: 9 | mfu: 4.0\n"
    private static func number(_ step: Int) -> String { String(repeating: "0", count: 5 - "\(step)".count) + "\(step)" }

    private static func pretraining(_ steps: Int, from first: Int = 0) -> String {
        (first..<steps).map { "step \(number($0))/\(number(steps)) (1.00%) | loss: 4.000000 | \(rest)" }.joined()
    }

    /// A stage that names no planned steps.
    private static func later(_ steps: Int) -> String {
        (1...steps).map { "step \(number($0)) (1.00%) | loss: 1.500000 | \(rest)" }.joined()
    }

    /// nanochat's speedrun: pretraining of `steps` steps, and midtraining from its weights.
    static func speedrun(steps: Int = 60, then later: Int = 20) -> String {
        var log = "Step 00000 | Validation bpb: 3.3000\n" + pretraining(steps)
        log += "Step \(number(steps)) | Validation bpb: 0.8100\nINFO - Saved model file to: /out/model_000060.pt\n"
        log += "Step 00000 | Validation bpb: 0.7000\n"
        log += Self.later(later)
        return log
            + "Step \(number(later)) | Validation bpb: 0.4000\nINFO - Saved model file to: /out/model_000020.pt\n"
    }

    @Test func eachStageIsALogOfItsOwn() throws {
        let history = try read(Self.speedrun())
        #expect(history.train.count == 80 && history.validation.count == 4, "nothing is lost")
        let runs = history.runs
        try #require(runs.count == 2)
        #expect(runs[0].train.steps == Array(0..<60) && runs[1].train.steps == Array(1...20))
        #expect(runs[0].learningRate.count == 60 && runs[1].learningRate.count == 20)
        #expect(runs[0].validation.values == [3.3, 0.81] && runs[1].validation.values == [0.7, 0.4])
        #expect(runs[0].hyperparameters.totalSteps == 60 && runs[1].hyperparameters.totalSteps == nil)
        #expect(!runs[0].startsTrained && runs[1].startsTrained)
        #expect(runs.map(\.segments.count) == [1, 1])
        #expect(runs[0].events.map(\.step) == [59] && runs[1].events.map(\.step) == [20])
        #expect(runs[1].rawTrain?.count == 19, "what the first average began with is not printed")
        for run in runs { #expect(run.runs == [run]) }
        #expect(history.otherRunsText == "the log holds another run (from line 65, steps 1 to 20)")
        #expect(runs.map(\.place?.lines) == [1...64, 65...86] && runs.map(\.place?.isMain) == [true, false])
        #expect(history.mainRun == runs[0])
        // The loss of each step is that of its own stage.
        #expect(history.rawTrain?.steps == Array(0..<60) + Array(2...20))
    }

    /// A plan that is no longer printed is no other run; steps that begin anew are one, from fresh weights.
    @Test func onlyStepsThatBeginAnewAreAnotherRun() throws {
        func line(_ step: Int, _ plan: String) -> String {
            "step 0000\(step)\(plan) (1.00%) | loss: 4.000000 | lrm: 1.00 | dt: 1.00ms | tok/sec: 9 | mfu: 4.0\n"
        }
        let one = try read(line(0, "/00009") + line(1, "/00009") + line(2, ""))
        #expect(one.runs == [one] && one.otherRunsText == nil)
        for plan in ["", "/00009"] {
            let two = try read(line(0, plan) + line(1, plan) + line(0, plan))
            #expect(two.runs.map(\.train.steps) == [[0, 1], [0]] && two.runs.map(\.startsTrained) == [false, false])
        }
    }

    /// The whole run once more, behind the first one: the last pretraining is what data and checkpoints belong to.
    @Test func aRepeatedRunIsMadeOfItsOwnStages() throws {
        let history = try read(Self.speedrun() + Self.speedrun(steps: 50, then: 30) + Self.later(12))
        #expect(history.runs.map(\.train.count) == [60, 20, 50, 30, 12])
        #expect(history.runs.map(\.startsTrained) == [false, true, false, true, true])
        #expect(history.mainRun.train.steps == Array(0..<50) && history.mainRun.hyperparameters.totalSteps == 50)
        let text = try #require(history.otherRunsText)
        #expect(
            text.hasPrefix(
                "the log holds 4 other runs (from line 1, steps 0 to 59; from line 65, steps 1"
            )
        )
    }

    /// A validation belongs to the stage that it was printed in, also where the one before it left none at its end.
    @Test func validationsStayWithTheirStage() throws {
        let base = "Step 00000 | Validation bpb: 3.3000\n" + Self.pretraining(40)
        let history = try read(base + "Step 00000 | Validation bpb: 0.7000\n" + Self.later(20))
        #expect(history.runs.map(\.validation.values) == [[3.3], [0.7]])
        let none = try read(base + Self.later(20))
        #expect(none.runs.map(\.validation.count) == [1, 0] || none.runs.map(\.validation.count) == [0, 1])
    }

    /// What one stage took is not taken from it by the next, whatever the steps are.
    @Test func stagesNeverOverlap() throws {
        let first = "Step 00000 | Validation bpb: 3.0000\nStep 00100 | Validation bpb: 2.0000\n"
        let log = Self.pretraining(60) + first + Self.later(20) + "Step 00150 | Validation bpb: 1.0000\n"
        let history = try read(log + Self.pretraining(300, from: 200))
        #expect(history.runs.map(\.train.count) == [60, 20, 100])
        #expect(history.runs.map(\.validation.count).reduce(0, +) == 3)
        // Pretraining that goes on behind another stage did not begin there, and keeps its plan.
        #expect(history.runs.map(\.startsTrained) == [false, true, true] && history.mainRun.train.count == 60)
        #expect(history.runs.map(\.hyperparameters.totalSteps) == [60, nil, 300])
        // Hundreds of changes between the two kinds of lines, validations in any order.
        var generator = SeededGenerator(state: 3)
        for _ in 0..<200 {
            var lines = Self.pretraining(3)
            for _ in 0..<60 {
                let step = Int(generator.next() % 5)
                switch generator.next() % 4 {
                case 0: lines += Self.pretraining(step + 1, from: step)
                case 1: lines += Self.later(step + 1)
                default: lines += "Step 0000\(step) | Validation bpb: 1.0000\n"
                }
            }
            let history = try read(lines)
            #expect(history.runs.count <= 256)
            #expect(history.runs.map(\.train.count).reduce(0, +) == history.train.count)
            #expect(history.runs.map(\.validation.count).reduce(0, +) == history.validation.count)
            #expect(history.runs.count == 1 || history.runs.count { $0.place?.isMain == true } == 1)
        }
    }

    @Test func filesAreReadAsTheRunsThatTheyHold() throws {
        let folder = try Scratch()
        let first = try folder.write(Self.speedrun(), as: "first.log")
        let second = try folder.write(Self.pretraining(70, from: 60), as: "second.log")
        let merged = try LogReader.read(paths: [first, second])
        #expect(merged.runs.map(\.train.steps) == [Array(0..<70), Array(1...20)])
        #expect(merged.mainRun.train.count == 70 && merged.runs[1].startsTrained)
        // The same phases in files of their own.
        let middle = try folder.write(Self.later(300), as: "middle.log")
        for paths in [[second, middle], [middle, second]] {
            let history = try LogReader.read(paths: paths)
            #expect(history.mainRun.train.steps == Array(60..<70))
            #expect(history.runs[1].place?.file == middle && history.runs[1].train.count == 300)
        }
        #expect(try LogReader.read(paths: [middle]).train.count == 300, "alone it is read")
    }
}
