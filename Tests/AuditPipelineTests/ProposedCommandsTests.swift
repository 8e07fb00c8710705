import AuditPipeline
import Diagnosis
import Foundation
import Reporting
import Terms
import Testing
import TrainingLogs

/// The commands that reports propose name what the run has, as seen from where the audit was started.
@Suite struct ProposedCommandsTests {
    @Test func pathsAreThoseOfTheConfigurationSeenFromOutside() async throws {
        let scratch = try Scratch()
        try scratch.writeRun(
            "a",
            losses: [6.2, 6.1],
            more: "shards:\n  manifest: SHA256SUMS\n  directory: my data\n  source: https://example.org/d/\n"
        )
        // A shard that its digest proves: nothing is fetched.
        try scratch.write("my data/x.dat", "x")
        try scratch.write("SHA256SUMS", "2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881  x.dat\n")
        let configuration = try ConfigurationReader.read(path: scratch.path + "/audit.yaml")
        func commands(_ path: String) async throws -> RunCommands {
            let options = Audit.Options(workers: 1, configurationPath: path)
            return try await Audit(configuration: configuration, options: options).run().report.voice.commands
        }
        var expected = RunCommands(
            configuration: "runs/a/audit.yaml",
            manifest: "runs/a/SHA256SUMS",
            directory: "runs/a/my data",
            source: "https://example.org/d/",
            folder: "runs/a/my data",
            hasTokenizer: false,
            logs: ["runs/a/train.log"],
            canTrace: false,
            replayObstacle: .notTraced
        )
        #expect(try await commands("runs/a/audit.yaml") == expected)
        expected = RunCommands(
            configuration: "audit.yaml",
            manifest: "SHA256SUMS",
            directory: "my data",
            source: "https://example.org/d/",
            folder: "my data",
            hasTokenizer: false,
            logs: ["train.log"],
            canTrace: false,
            replayObstacle: .notTraced
        )
        #expect(try await commands("audit.yaml") == expected)
    }

    /// A folder without a manifest is looked into; what is in it cannot be repaired.
    @Test func aFolderWithoutAManifestHasNoDigests() async throws {
        let scratch = try Scratch()
        try scratch.writeRun("a", losses: [6.2, 6.1], more: "shards:\n  directory: data\n")
        try scratch.writeNumberedShards([500])
        let configuration = try ConfigurationReader.read(path: scratch.path + "/audit.yaml")
        let commands = try await configuration.audited().report.voice.commands
        #expect(commands.manifest == "data" && commands.directory == nil && !commands.hasDigests)
        #expect(commands.line(.repair) == nil)
    }

    /// Whatever is concluded from a log, no sentence holds a command that cannot run.
    @Test func aDiagnosisOfALogProposesOnlyWhatALogAllows() throws {
        var history = TrainingHistory(format: "synthetic", stepBase: 1, lossScope: .step)
        for step in 1...600 {
            let level = 3 + 7.8 / Double(step).squareRoot()
            let loss =
                level + 0.05 * sin(Double(step * step)) + (step > 300 && step < 308 ? 4 : 0) + (step > 450 ? 1 : 0)
            history.train.append(step: step, value: loss)
            history.learningRate.append(step: step, value: step < 200 ? 1e-4 : 1e-3)
        }
        let report = ReportBuilder().diagnose(history, logs: ["a.log"])
        let commands = report.voice.commands
        #expect(commands == RunCommands(logs: ["a.log"]))
        let hypotheses = report.findings.flatMap(\.hypotheses)
        #expect(hypotheses.count >= 4)
        for hypothesis in hypotheses {
            #expect(!hypothesis.nextTest.isEmpty && !hypothesis.fix.action.isEmpty && hypothesis.confidence > 0)
            for phrase in [hypothesis.nextTest, hypothesis.fix.action] {
                // Rules propose commands as values and write none in words, so that each is checked here.
                let isWritten = phrase.parts.contains { part in
                    if case .words(let words) = part { words.contains("trainaudit") } else { false }
                }
                #expect(!isWritten, "\(hypothesis.cause): \(phrase)")
                for command in phrase.commands {
                    let text = report.voice.text(Phrase([.command(command)]))
                    guard let line = commands.line(command) else {
                        #expect(!text.contains("trainaudit trace") && !text.contains("trainaudit replay"), "\(text)")
                        continue
                    }
                    #expect(text.contains("`\(line)`"), "\(text)")
                }
            }
        }
    }
}
