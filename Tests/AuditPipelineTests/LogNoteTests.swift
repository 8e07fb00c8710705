import AuditPipeline
import Diagnosis
import Foundation
import Replay
import Reporting
import Terms
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
        let document = ReportBuilder().diagnose(history).history
        let note = try #require(document.notes.first)
        #expect(note.contains("gzip") && note.contains("end early"), "\(note)")
    }

    @Test func anAuditListsItAsNotChecked() async throws {
        let scratch = try Scratch()
        try scratch.write("train.log", "s:0 trl:6.2\ns:1 trl:6.1\ns:2 trl:6.0\n")
        try scratch.write("empty.log", "nothing to see\n")
        try scratch.write("audit.yaml", "run: noted\nlogs: [train.log, empty.log]\n")
        let outcome = try await ConfigurationReader.read(path: scratch.path + "/audit.yaml").audited()
        let report = outcome.report
        #expect(
            report.notChecked.contains { $0.kind == .logPart && report.voice.text($0.text).contains("empty.log") }
        )
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
        let document = ReportBuilder().diagnose(history)
        let lead = try #require(document.findings.first?.lead)
        #expect(lead.kind == .lossSpike && (400...409).contains(lead.firstStep))
        // The later stage's only checkpoint is of its step 100.
        let fixes = document.findings.flatMap(\.hypotheses).map(\.fix.action)
        #expect(!fixes.contains { $0.parts.contains(.integer(100)) }, "\(fixes)")
        let kinds = Set(document.symptoms.map(\.kind))
        #expect(kinds.isDisjoint(with: [.runAborted, .initialLossOff]), "\(kinds)")
        #expect(document.notes.count == 2)
        #expect(document.notes.last?.contains(NumberText.steps(1...100)) == true, "\(document.notes)")

        let report = try await ConfigurationReader.read(path: scratch.path + "/audit.yaml").audited().report
        #expect(report.history?.trainPoints == 600)
        let omission = try #require(report.notChecked.first { $0.kind == .runs })
        let told = report.voice.text(omission.text)
        #expect(told.contains("lines 602 to") && told.contains(NumberText.steps(1...100)), "\(told)")
        #expect(!report.findings.contains { $0.lead?.kind == .runAborted })

        // What happens in the later stage is told as of that stage, and no run with a NaN in it is healthy.
        let calm = log.split(separator: "\n").map(String.init).compactMap { line in
            if line.contains("/00600") { return line.hasPrefix("step 0040") ? nil : line }
            return line.hasPrefix("step 0006") ? line.replacing(#/loss: [0-9.]+/#, with: "loss: nan") : line
        }
        try scratch.write("speedrun.log", calm.joined(separator: "\n") + "\n")
        let later = try await ConfigurationReader.read(path: scratch.path + "/audit.yaml").audited().report
        let finding = try #require(later.findings.first { $0.origin == .event(.lossNonFinite, step: 60) })
        #expect(finding.id == "loss-nonfinite-60-run2")
        let run = try #require(finding.run)
        #expect(run.number == 2 && finding.steps == nil && finding.spans.isEmpty)
        #expect(finding.title.parts.contains(.integer(run.line)))
        #expect(later.verdict == .anomalous && later.findings.first == finding)
        #expect(later.headline.parts.first == .finding(finding.title, seen: finding.lead?.summary))
        // Shards and checkpoints are those of pretraining: nothing is missing of them, and no command reads them.
        #expect(finding.missing.isEmpty)
        let commands = later.voice.of(finding).commands
        #expect(commands.line(.trace(step: 60)) == nil && commands.line(.replay(step: 60)) == nil)
        // The plots are of pretraining: nothing is marked at its steps of the same numbers.
        let main = try LogReader.read(paths: [scratch.path + "/speedrun.log"]).mainRun
        let plots = PlotSet(later, history: main)
        let number = try #require(later.findings.firstIndex(of: finding)) + 1
        #expect(finding.severity == .failure && !plots.names.contains("plots/finding-\(number).svg"))
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
        let document = ReportBuilder().history(history)
        #expect(document.stepBase == 0)
        #expect(document.segmentSteps == [[0, 1]])
        #expect(document.points["train_loss"] == 2 && document.points["learning_rate_multiplier"] == 2)
        #expect(document.hyperparameters["steps"] == 900)
        #expect(document.events.first?.kind == "traceback")
        #expect(document.events.first?.text.contains("illegal memory access") == true)
        #expect(document.notes.isEmpty)
    }
}
