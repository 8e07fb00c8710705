import AuditPipeline
import Diagnosis
import Foundation
import Reporting
import Terms
import Testing

/// Real incidents that this project did not make; skipped where the folder beside the checkout is absent.
@Suite(.enabled(if: Corpus.isPresent, "needs ../shared/corpus")) struct CorpusTests {
    /// Lays out a run as its owner would have it: the shards it read, digests and copies of the pristine ones.
    private func layOut(_ run: String, shards: String, names: [String], yaml: String) throws -> Scratch {
        let scratch = try Scratch()
        let files = FileManager.default
        for folder in ["data", "pristine"] {
            try files.createDirectory(atPath: scratch.path + "/" + folder, withIntermediateDirectories: true)
        }
        let source = Corpus.path + "/runs/" + run
        try files.copyItem(atPath: source + "/log.txt", toPath: scratch.path + "/log.txt")
        try files.copyItem(atPath: source + "/ckpt", toPath: scratch.path + "/checkpoints")
        let pristine = Corpus.path + "/shards/" + shards
        let sums = try String(contentsOfFile: pristine + "/SHA256SUMS", encoding: .utf8)
        try scratch.write(
            "SHA256SUMS",
            sums.split(separator: "\n").filter { line in names.contains { line.hasSuffix($0) } }.joined(separator: "\n")
        )
        for name in names {
            try files.copyItem(atPath: pristine + "/" + name, toPath: scratch.path + "/pristine/" + name)
            let own = source + "/shards/" + name
            let read = files.fileExists(atPath: own) ? own : pristine + "/" + name
            try files.copyItem(atPath: read, toPath: scratch.path + "/data/" + name)
        }
        try scratch.write("audit.yaml", yaml)
        return scratch
    }

    /// d06: tokens 31000..<38200 of the fourth shard were overwritten; llm.c's Python trainer read them in steps 586–600.
    @Test func theDamagedShardOfD06IsFoundToTheByte() async throws {
        let names = (1...6).map { "mobyspeare_train_00000\($0).bin" } + ["mobyspeare_val_000000.bin"]
        let yaml = """
            run: d06
            logs: [log.txt]
            shards: {manifest: SHA256SUMS, directory: data, source: pristine}
            order: {loader: llm.c-python, batch: 8, sequence: 64}
            model: {checkpoints: checkpoints, heads: 4, vocabulary: 512, activation: gelu-tanh}
            training: {steps: 900, precision: fp32, optimizer: adamw, gradientClip: 1.0, schedule: warmup-cosine}
            """
        let scratch = try layOut("d06", shards: "dev_bpe512", names: names, yaml: yaml)
        let report = try await ConfigurationReader.read(path: scratch.path + "/audit.yaml").audited().report
        let finding = try #require(report.findings.first)
        #expect(finding.steps.map { abs($0.lowerBound - 586) <= 2 } == true)
        #expect(finding.hypotheses.first?.cause == .corruptShard)
        let damaged = report.shards.filter(\.isDamaged)
        #expect(damaged.map(\.name) == ["mobyspeare_train_000004.bin"])
        let range = try #require(damaged.first?.damagedRanges.first)
        #expect(range.lowerBound >= 63_024 && range.upperBound <= 77_424)
        let replay = try #require(report.replays.first)
        #expect((586...600).contains(replay.step))
        let controls = try #require(replay.controls.mean?.value)
        #expect(replay.loss.value > controls + 2)
        #expect(abs((replay.repairedLoss?.value ?? .nan) - controls) < 1)
    }
}
