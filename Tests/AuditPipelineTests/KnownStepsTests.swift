import AuditPipeline
import Diagnosis
import Foundation
import Reporting
import Shards
import Terms
import Testing
import TrainingLogs

/// Proved damage, the steps that read it and what these steps do to the loss are one finding.
@Suite struct KnownStepsTests {
    private static let steps = 400
    private static let tokensPerStep = 64

    /// Twenty steps, spread over the run.
    private static let damaged = (0..<20).map { 25 + 17 * $0 + $0 * $0 % 7 }

    /// A run over one shard of which some steps' tokens are overwritten; these steps cost more by a height.
    private func scratch(height: Double, scale: Double = 0.1) throws -> Scratch {
        let scratch = try Scratch()
        try scratch.writeNumberedShards([Self.steps * Self.tokensPerStep + 1])
        let name = "x_train_000001.bin"
        let path = scratch.path + "/data/" + name
        var bytes = try [UInt8](Data(contentsOf: URL(fileURLWithPath: path)))
        try scratch.write("pristine/" + name, "")
        try Data(bytes).write(to: URL(fileURLWithPath: scratch.path + "/pristine/" + name))
        try scratch.write("SHA256SUMS", "\(Digest256.of(bytes))  \(name)\n")
        for step in Self.damaged {
            let first = 1024 + 2 * (step - 1) * Self.tokensPerStep
            for index in first + 8..<first + 2 * Self.tokensPerStep - 8 { bytes[index] = UInt8(index * index % 251) }
        }
        try Data(bytes).write(to: URL(fileURLWithPath: path))
        let lines = (1...Self.steps).map { step -> String in
            let square = Double(step * step)
            let noise = scale * (sin(square) + sin(1.7 * square + 0.3))
            let loss = 4 + 3 / (1 + Double(step) / 20) + noise + (Self.damaged.contains(step) ? height : 0)
            return
                "step \(step)/\(Self.steps) | train loss \(loss) | norm 1.0000 | lr 1.00e-03 | (9.00 ms | 7111 tok/s)\n"
        }
        try scratch.write("log.txt", lines.joined())
        try scratch.write(
            "audit.yaml",
            """
            run: known
            logs: [log.txt]
            shards: {manifest: SHA256SUMS, directory: data, source: pristine}
            order: {loader: llm.c-python, batch: 2, sequence: 32, accumulation: 1, worldSize: 1, fixedBatch: false}
            """
        )
        return scratch
    }

    private func report(_ scratch: Scratch) async throws -> AuditReport {
        try await ConfigurationReader.read(path: scratch.path + "/audit.yaml").audited().report
    }

    private func clue(_ id: String, in finding: Finding?) -> WeighedClue? {
        finding?.hypotheses.first { $0.cause == .corruptShard }?.clues.first { $0.clue == id }
    }

    /// Each step is within the noise; all of them together are not.
    @Test func scatteredDamageThatRaisesTheLossIsTheHeadline() async throws {
        let report = try await report(scratch(height: 0.15))
        let finding = try #require(report.findings.first)
        #expect(finding.severity == .failure && finding.hypotheses.first?.cause == .corruptShard)
        #expect((finding.hypotheses.first?.confidence ?? 0) > 0.9)
        let lead = try #require(finding.lead)
        #expect(lead.firstStep == Self.damaged.first && lead.lastStep == Self.damaged.last)
        #expect(report.headline.parts.first == .seen(lead.summary))
        let moved = try #require(clue("known-steps-move-loss", in: finding))
        let numbers = moved.statement.parts.compactMap { part in
            if case .number(let value, .fixed(3)) = part { value } else { nil }
        }
        #expect(numbers.count == 2 && abs(numbers[0] - 0.15) < 3 * numbers[1] && numbers[0] > 3 * numbers[1])
        #expect(moved.statement.parts.contains(.count(20, "step")))
        let traced = Set(finding.spans.compactMap(\.step))
        #expect(traced.isSubset(of: Set(Self.damaged)) && traced.count >= 20)
        #expect(!report.findings.contains { $0.origin.isDamage }, "one finding, and not two")
    }

    @Test func damageThatMovesNothingSaysSo() async throws {
        let report = try await report(scratch(height: 0, scale: 0.02))
        let finding = try #require(report.findings.first)
        #expect(finding.origin == .shard(name: "x_train_000001.bin") && finding.severity == .failure)
        #expect(clue("steps-effect", in: finding)?.statement.parts.contains(.count(20, "step")) == true)
        #expect(!report.findings.contains { $0.lead != nil && $0.severity > .info })
    }

    private static let cases = URL(fileURLWithPath: Corpus.path).deletingLastPathComponent()
        .appendingPathComponent("cases/runs").path

    /// Random tokens, no digest, one block of records that no search is sure of.
    @Test(.enabled(if: FileManager.default.fileExists(atPath: cases)), arguments: ["llmc-nomanifest", "llmc-block"])
    func oddTokensWhoseStepsCostMoreAreNamed(_ name: String) async throws {
        let scratch = try Scratch()
        let folder = scratch.path + "/run"
        try FileManager.default.copyItem(atPath: Self.cases + "/" + name, toPath: folder)
        let file = name == "llmc-block" ? "b.yaml" : "audit.yaml"
        let report = try await ConfigurationReader.read(path: folder + "/" + file).audited().report
        let finding = try #require(report.findings.first)
        #expect(report.verdict == .anomalous && finding.hypotheses.first?.cause == .corruptShard)
        #expect(clue("known-steps-move-loss", in: finding) != nil)
        let replay = try #require(report.replays.first)
        #expect((147...157).contains(replay.step) && replay.finding == finding.id)
    }

    /// A cause that is all but certain and cost the run most of what it had learned fails the build.
    @Test(.enabled(if: FileManager.default.fileExists(atPath: cases))) func aRuinousJumpOfTheRateIsAFailure()
        async throws
    {
        let scratch = try Scratch()
        let folder = scratch.path + "/run"
        try FileManager.default.copyItem(atPath: Self.cases + "/nanochat-lrjump", toPath: folder)
        let report = try await ConfigurationReader.read(path: folder + "/audit.yaml").audited().report
        #expect(report.gravest == .failure)
        #expect(report.findings.first?.hypotheses.first?.cause == .scheduleBug)
    }
}
