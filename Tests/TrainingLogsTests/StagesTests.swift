import Testing
import TrainingLogs

/// A log that goes on with another stage of training.
struct StagesTests {
    /// nanochat's speedrun: pretraining of `steps` steps, and midtraining from its weights.
    static func speedrun(steps: Int = 60, then later: Int = 20) -> String {
        let rest = "lrm: 1.00 | dt: 1.00ms | tok/sec: 9 | mfu: 4.0\n"
        func number(_ step: Int) -> String { String(repeating: "0", count: 5 - "\(step)".count) + "\(step)" }
        var log = "Step 00000 | Validation bpb: 3.3000\n"
        for step in 0..<steps { log += "step \(number(step))/\(number(steps)) (1.00%) | loss: 4.000000 | \(rest)" }
        log += "Step \(number(steps)) | Validation bpb: 0.8100\nINFO - Saved model file to: /out/model_000060.pt\n"
        log += "Step 00000 | Validation bpb: 0.7000\n"
        for step in 1...later { log += "step \(number(step)) (1.00%) | loss: 1.500000 | \(rest)" }
        return log
            + "Step \(number(later)) | Validation bpb: 0.4000\nINFO - Saved model file to: /out/model_000020.pt\n"
    }

    @Test func eachStageIsALogOfItsOwn() throws {
        let history = try read(Self.speedrun())
        #expect(history.train.count == 80 && history.validation.count == 4, "nothing is lost")
        let stages = history.stages
        try #require(stages.count == 2)
        #expect(stages[0].train.steps == Array(0..<60) && stages[1].train.steps == Array(1...20))
        #expect(stages[0].learningRate.count == 60 && stages[1].learningRate.count == 20)
        #expect(stages[0].validation.values == [3.3, 0.81] && stages[1].validation.values == [0.7, 0.4])
        #expect(stages[0].hyperparameters.totalSteps == 60 && stages[1].hyperparameters.totalSteps == nil)
        #expect(!stages[0].startsTrained && stages[1].startsTrained)
        #expect(stages.map(\.segments.count) == [1, 1])
        #expect(stages[0].events.map(\.step) == [59] && stages[1].events.map(\.step) == [20])
        #expect(stages[1].rawTrain?.count == 19, "what the first average began with is not printed")
        for stage in stages { #expect(stage.stages == [stage]) }
        #expect(history.laterStageText == "from line 65 on the log holds another stage of training, steps 1 to 20")
    }

    /// A plan that is no longer printed, or a run that begins anew with one, is no other stage.
    @Test func onlyStepsThatBeginAnewWithoutAPlanAreAnotherStage() throws {
        func line(_ step: Int, _ plan: String) -> String {
            "step 0000\(step)\(plan) (1.00%) | loss: 4.000000 | lrm: 1.00 | dt: 1.00ms | tok/sec: 9 | mfu: 4.0\n"
        }
        for log in [
            line(0, "/00009") + line(1, "/00009") + line(2, ""), line(0, "") + line(1, "") + line(0, ""),
            line(0, "/00009") + line(1, "/00009") + line(0, "/00009"),
        ] {
            let history = try read(log)
            #expect(history.stages == [history] && history.laterStageText == nil)
        }
    }

    @Test func besideOtherLogsOnlyTheFirstStageCounts() throws {
        let first = try read(Self.speedrun())
        let second = try read(
            (60..<70).map {
                "step 000\($0)/00070 (1.00%) | loss: 3.900000 | lrm: 1.00 | dt: 1.00ms | tok/sec: 9 | mfu: 4.0\n"
            }
            .joined()
        )
        let merged = try #require(TrainingHistory.merging([first, second]))
        #expect(merged.train.steps == Array(0..<70) && merged.stages.count == 1)
        #expect(merged.notes.contains { $0.contains("steps 1 to 20: left out beside other logs") })
    }
}
