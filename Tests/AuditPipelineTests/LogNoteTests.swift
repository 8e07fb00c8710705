import AuditPipeline
import Foundation
import Replay
import Reporting
import Testing
import TrainingLogs

/// What is wrong with a log that could be read, and what it tells beside its curves, reaches the documents.
@Suite struct LogNoteTests {
    /// The beginning of a gzip file: a log of three steps whose end was lost.
    private static func truncatedLog() throws -> TrainingHistory {
        // Stored, not compressed: header, one block, and neither checksum nor length.
        let text = Array("s:0 trl:6.2\ns:1 trl:6.1\ns:2 trl:6.0\n".utf8)
        let size = UInt16(text.count)
        let block: [UInt8] = [1, UInt8(size & 255), UInt8(size >> 8), UInt8(~size & 255), UInt8(~size >> 8)]
        let bytes: [UInt8] = [31, 139, 8, 0, 0, 0, 0, 0, 0, 3] + block + text
        return try LogReader.parse(bytes: bytes, name: "train.log.gz")
    }

    @Test func diagnosisSaysWhatIsWrongWithTheFile() throws {
        let history = try Self.truncatedLog()
        #expect(history.train.steps == [0, 1, 2])
        let document = DocumentBuilder().diagnose(history).history
        let note = try #require(document.notes.first)
        #expect(note.contains("gzip") && note.contains("end early"), "\(note)")
    }

    @Test func anAuditListsItAsNotChecked() async throws {
        let scratch = try Scratch()
        try scratch.write("train.log", "s:0 trl:6.2\ns:1 trl:6.1\ns:2 trl:6.0\n")
        try scratch.write("empty.log", "nothing to see\n")
        try scratch.write("audit.yaml", "run: noted\nlogs: [train.log, empty.log]\n")
        let outcome = try await ConfigurationReader.read(path: scratch.path + "/audit.yaml").audited()
        #expect(outcome.document.notChecked.contains { $0.hasPrefix("Part of the log: ") && $0.contains("empty.log") })
    }

    /// nanochat's speedrun: midtraining is neither the unfinished end of pretraining nor a source of its checkpoints.
    @Test func aLaterStageIsJudgedByItselfAndNotAudited() async throws {
        let rest = "lrm: 1.00 | dt: 1.00ms | tok/sec: 9 | mfu: 4.0\n"
        func line(_ step: Int, _ plan: String, _ loss: Double) -> String {
            String(format: "step %05d%@ (1.00%%) | loss: %.6f | ", step, plan, loss) + rest
        }
        var generator = SplitMix64(seed: 5)
        func noise() -> Double { Double.random(in: -0.02...0.02, using: &generator) }
        var average = 0.0
        var log = ""
        for step in 0..<600 {
            let loss = 3 + 7 * exp(-Double(step) / 40) + noise() + ((400..<403).contains(step) ? 4 : 0)
            average = 0.9 * average + 0.1 * loss
            log += line(step, "/00600", average / (1 - pow(0.9, Double(step + 1))))
        }
        log += "INFO - Saved model file to: /out/base/model_000600.pt\n"
        average = 0
        for step in 1...100 {
            average = 0.9 * average + 0.1 * (1.3 + noise())
            log += line(step, "", average / (1 - pow(0.9, Double(step))))
        }
        log += "INFO - Saved model file to: /out/mid/model_000100.pt\n"
        let scratch = try Scratch()
        try scratch.write("speedrun.log", log)
        try scratch.write("audit.yaml", "run: speedrun\nlogs: [speedrun.log]\nmodel:\n  vocabulary: 65536\n")

        let history = try LogReader.read(paths: [scratch.path + "/speedrun.log"])
        let document = DocumentBuilder().diagnose(history)
        #expect(document.findings.first?.id.hasPrefix("loss-spike-40") == true, "\(document.findings.map(\.id))")
        let fixes = document.findings.flatMap(\.hypotheses).map(\.fix)
        #expect(!fixes.contains { $0.contains("checkpoint of step 100") }, "\(fixes)")
        let kinds = Set(document.symptoms.map(\.kind))
        #expect(kinds.isDisjoint(with: ["run-aborted", "initial-loss-off"]), "\(kinds)")
        #expect(document.notes.contains { $0.contains("steps 1 to 100). Each stage is judged by itself") })

        let outcome = try await ConfigurationReader.read(path: scratch.path + "/audit.yaml").audited()
        #expect(outcome.document.history?.trainPoints == 600)
        #expect(
            outcome.document.notChecked.contains {
                $0.contains("another stage of training (from line 602, steps 1 to 100)")
            }
        )
        #expect(!outcome.document.findings.contains { $0.id.hasPrefix("run-aborted") })

        // What happens in the later stage is told as of that stage, and no run with a NaN in it is healthy.
        let calm = log.split(separator: "\n").map(String.init).compactMap { line in
            if line.contains("/00600") { return line.hasPrefix("step 0040") ? nil : line }
            return line.hasPrefix("step 0006") ? line.replacing(#/loss: [0-9.]+/#, with: "loss: nan") : line
        }
        try scratch.write("speedrun.log", calm.joined(separator: "\n") + "\n")
        let later = try await ConfigurationReader.read(path: scratch.path + "/audit.yaml").audited().document
        let finding = try #require(later.findings.first { $0.id.hasPrefix("loss-nonfinite-60-stage2") })
        #expect(later.findings.first == finding && later.headline.hasPrefix("Loss is NaN or infinite, steps 60 to"))
        #expect(later.verdict == "anomalous" && finding.title.contains(" of the stage from line "))
        let advice = finding.hypotheses.flatMap { [$0.nextTest, $0.fix] } + finding.wouldSharpen
        #expect(
            advice.allSatisfy { !$0.contains("`trainaudit replay") && !$0.contains("`trainaudit trace") },
            "\(advice)"
        )
        // The plots are of pretraining: nothing is marked at its steps of the same numbers.
        let main = try LogReader.read(paths: [scratch.path + "/speedrun.log"]).mainStage
        let plots = PlotSet(later, history: main)
        let number = try #require(later.findings.firstIndex(of: finding)) + 1
        #expect(finding.severity == "failure" && !plots.names.contains("plots/finding-\(number).svg"))
        #expect(try plots.files().allSatisfy { !$0.contents.contains("class=\"band failure") })
    }

    @Test func theHistoryOfADocumentCarriesWhatTheLogPrinted() throws {
        let log = """
            step 00000/00900 (0.00%) | loss: 10.400000 | lrm: 1.00 | dt: 10ms | tok/sec: 1 | mfu: 1 | total time: 0.0m
            step 00001/00900 (0.10%) | loss: 10.300000 | lrm: 1.00 | dt: 10ms | tok/sec: 1 | mfu: 1 | total time: 0.0m
            Traceback (most recent call last):
              File "base_train.py", line 1, in <module>
            RuntimeError: CUDA error: an illegal memory access was encountered
            """
        let history = try LogReader.parse(bytes: Array(log.utf8), name: "nanochat.log")
        let document = DocumentBuilder().history(history)
        #expect(document.stepBase == 0)
        #expect(document.segmentSteps == [[0, 1]])
        #expect(document.points["train_loss"] == 2 && document.points["learning_rate_multiplier"] == 2)
        #expect(document.hyperparameters["steps"] == 900)
        #expect(document.events.first?.kind == "traceback")
        #expect(document.events.first?.text.contains("illegal memory access") == true)
        #expect(document.notes.isEmpty)
    }
}
