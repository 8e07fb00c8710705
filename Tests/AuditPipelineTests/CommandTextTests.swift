import AuditPipeline
import Foundation
import Reporting
import Terms
import Testing
import TrainingLogs

@Suite struct CommandTextTests {
    private func commands(_ path: String) -> CommandText {
        var configuration = AuditConfiguration(run: "a", logs: ["train.log"], base: "/runs/a")
        configuration.shards.manifest = "shards.lock.json"
        configuration.shards.directory = "my data"
        configuration.shards.source = "https://example.org/d/"
        return CommandText(configuration, path: path)
    }

    @Test func commandsCanBePastedWhereTheAuditWasStarted() {
        let text = commands("runs/a/audit.yaml").fill(
            "Replace it with `trainaudit verify MANIFEST --repair`; `trainaudit replay --step 7`, `trainaudit plot LOG`."
        )
        #expect(
            text == "Replace it with `trainaudit verify runs/a/shards.lock.json --directory 'runs/a/my data' --repair "
                + "--source https://example.org/d/`; `trainaudit replay --config runs/a/audit.yaml --step 7`, "
                + "`trainaudit plot runs/a/train.log`."
        )
    }

    @Test func theDefaultConfigurationNeedsNoOption() {
        #expect(commands("audit.yaml").fill("trainaudit trace --step 7") == "trainaudit trace --step 7")
        #expect(commands("audit.yaml").verify == "trainaudit verify shards.lock.json --directory 'my data'")
    }
}

extension CommandTextTests {
    @Test func commandsThatWouldFailBecomeAdvice() {
        var commands = commands("audit.yaml")
        commands.canReplay = false
        commands.canTrace = false
        #expect(
            commands.fill("`trainaudit replay --step 7 --precision fp16`, and again")
                == "rerun step 7 in the trainer, from the last checkpoint before it, and again"
        )
        #expect(commands.fill("`trainaudit trace --step 7`") == "find out in the trainer which data step 7 read")
    }

    @Test func aReplayThatWasNotRunSaysWhy() {
        var commands = commands("audit.yaml")
        commands.replayObstacle = "`model.checkpoints` is not set"
        #expect(commands.fill("`trainaudit replay --step 7`") == "`trainaudit replay --step 7`")
        commands.omittedReplay = "only the 3 gravest findings are replayed"
        #expect(
            commands.fill("`trainaudit replay --step 7`: same")
                == "`trainaudit replay --step 7` (not done here: only the 3 gravest findings are replayed): same"
        )
        commands.firstReplayableStep = 9
        #expect(
            commands.fill("`trainaudit replay --step 7`")
                == "rerun step 7 in the trainer, from the last checkpoint before it (it was not replayed here: no "
                + "checkpoint is from before it)"
        )
        commands.firstReplayableStep = nil
        commands.lastStep = 600
        #expect(commands.fill("`trainaudit replay --step 600`").contains("`trainaudit replay"))
        #expect(
            commands.fill("`trainaudit replay --step 601`").hasSuffix(
                "(it was not replayed here: the run has no such step)"
            )
        )
        commands.lastStep = nil
        commands.canReplay = false
        #expect(commands.fill("`trainaudit replay --step 7`").hasSuffix("here: `model.checkpoints` is not set)"))
    }

    @Test func aLogAloneGivesCommandsThatRunAndNoPlaceholders() {
        let commands = CommandText(logs: ["my run/train.log", "main.log"])
        #expect(
            commands.fill("plot the learning rate: `trainaudit plot LOG`")
                == "plot the learning rate: `trainaudit plot 'my run/train.log' main.log`"
        )
        #expect(
            CommandText(logs: ["-"]).fill("plot the learning rate: `trainaudit plot LOG`") == "plot the learning rate"
        )
        #expect(!commands.fill("Verify the shards: `trainaudit verify MANIFEST`.").contains("MANIFEST"))
        #expect(!commands.fill("`trainaudit lock DIRECTORY`: equal values").contains("DIRECTORY"))
        var known = self.commands("audit.yaml")
        known.canTrace = true
        #expect(known.fill("`trainaudit lock DIRECTORY`") == "`trainaudit lock 'my data' -o found.lock.json`")
    }

    /// Whatever is concluded from a log, no sentence holds a place-holder or a command that cannot run.
    @Test func noSentenceOfADiagnosisHoldsAPlaceholder() throws {
        var history = TrainingHistory(format: "synthetic", stepBase: 1, lossScope: .step)
        for step in 1...600 {
            let level = 3 + 7.8 / Double(step).squareRoot()
            let loss =
                level + 0.05 * sin(Double(step * step)) + (step > 300 && step < 308 ? 4 : 0) + (step > 450 ? 1 : 0)
            history.train.append(step: step, value: loss)
            history.learningRate.append(step: step, value: step < 200 ? 1e-4 : 1e-3)
        }
        let document = DocumentBuilder(commands: CommandText(logs: ["a.log"])).diagnose(history)
        let hypotheses = document.findings.flatMap(\.hypotheses)
        #expect(hypotheses.count >= 4)
        for hypothesis in hypotheses {
            #expect(!hypothesis.nextTest.isEmpty && !hypothesis.fix.isEmpty && hypothesis.confidence > 0)
            for text in [hypothesis.nextTest, hypothesis.fix] {
                for word in ["LOG", "MANIFEST", "DIRECTORY", "trainaudit trace", "trainaudit replay"] {
                    #expect(!text.contains(word), "\(hypothesis.cause): \(text)")
                }
            }
        }
    }
}
