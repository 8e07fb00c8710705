import AuditPipeline
import Diagnosis
import Foundation
import Replay
import Reporting
import Testing

@Suite struct PreflightTests {
    private func description(activation: Activation = .geluTanh) throws -> TransformerDescription {
        try TransformerDescription(
            layers: 2,
            heads: 2,
            channels: 32,
            maximumSequence: 32,
            vocabulary: 40,
            activation: activation
        )
    }

    private func rows(below vocabulary: Int32 = 40) -> [TokenRow] {
        var generator = SplitMix64(seed: 4)
        return (0..<8).map { row in
            TokenRow(stream: (0...32).map { _ in Int32.random(in: 0..<vocabulary, using: &generator) }, row: row)
        }
    }

    private func run(
        _ trainer: Trainer,
        rows: [TokenRow]? = nil,
        training: TrainingConfiguration = TrainingConfiguration(),
        overfitSteps: Int = 0,
        updatesDone: Int? = 0
    ) throws -> [String: PreflightReport.Check] {
        var checkpoint = try trainer.checkpoint(updatesDone: updatesDone ?? 0)
        checkpoint.updatesDone = updatesDone
        let preflight = Preflight(
            checkpoint: checkpoint,
            rows: rows ?? self.rows(),
            training: training,
            overfitSteps: overfitSteps,
            threads: 2
        )
        let checks = preflight.run(progress: SilentProgress())
        #expect(Set(checks.map(\.id)).count == checks.count)
        return Dictionary(uniqueKeysWithValues: checks.map { ($0.id, $0) })
    }

    @Test func aHealthyModelPassesEverything() throws {
        var training = TrainingConfiguration()
        training.steps = 1000
        training.warmupSteps = 20
        training.peakLearningRate = 1e-3
        training.gradientClip = 1
        training.tokensPerStep = 256
        training.trainTokens = 300_000
        let checks = try run(
            Trainer(description: description(), seed: 1),
            training: training,
            overfitSteps: 400
        )
        for (id, check) in checks { #expect(check.outcome == .passed, "\(id): \(check.detail)") }
        #expect(checks.count == 11)
    }

    /// A model that guesses as on its first day has learned nothing, whatever its file's name says.
    @Test func updatesThatTaughtNothingAreSeen() throws {
        let trainer = try Trainer(description: description(), seed: 1)
        #expect(try run(trainer, updatesDone: 50)["initial-loss"]?.outcome == .failed)
        #expect(try run(trainer, updatesDone: 10)["initial-loss"]?.outcome == .skipped)
    }

    /// A file without a number may be fresh or trained: its loss tells which.
    @Test func aFileWithoutANumberIsJudgedByItsLoss() throws {
        let fresh = try Trainer(description: description(), seed: 1)
        #expect(try run(fresh, updatesDone: nil)["initial-loss"]?.outcome == .passed)
        var trained = fresh
        let rows = Array(rows().prefix(2))
        for _ in 0..<60 { _ = try trained.step(rows: rows, learningRate: 1e-2) }
        let check = try run(trained, rows: rows, updatesDone: nil)["initial-loss"]
        #expect(check?.outcome == .skipped, "\(check?.detail ?? "")")
        var large = fresh
        try large.modify("wte.weight") { weights in
            for index in weights.indices { weights[index] *= 60 }
        }
        #expect(try run(large, updatesDone: nil)["initial-loss"]?.outcome == .failed)
    }

    @Test func eachFaultFailsItsOwnCheck() throws {
        var large = Trainer(description: try description(), seed: 1)
        try large.modify("wte.weight") { weights in
            for index in weights.indices { weights[index] *= 60 }
        }
        #expect(try run(large)["initial-loss"]?.outcome == .failed)
        var broken = Trainer(description: try description(), seed: 1)
        try broken.modify("h.1.ln_2.weight") { $0[0] = .nan }
        let seen = try run(broken)
        #expect(seen["weights"]?.outcome == .failed)
        #expect(seen["forward"]?.detail.contains("layer 1, ln2") == true)
        var dead = Trainer(description: try description(activation: .relu), seed: 1)
        try dead.modify("h.0.mlp.c_fc.bias") { $0.update(repeating: -1000) }
        let reach = try run(dead)["gradients-reach"]
        #expect(reach?.outcome == .failed)
        #expect(reach?.detail.contains("h.0.ln_2") == true)
        let stray = try run(Trainer(description: description(), seed: 1), rows: rows(below: 50))
        #expect(stray["tokens"]?.outcome == .failed)
        #expect(stray["forward"]?.outcome == .skipped)
    }

    @Test func schedulesThatDoNotFitAreFound() throws {
        func expect(
            _ id: String,
            _ expected: PreflightReport.Check.Outcome,
            _ change: (inout TrainingConfiguration) -> Void = { _ in }
        ) throws {
            var training = TrainingConfiguration()
            training.steps = 100
            training.warmupSteps = 5
            training.peakLearningRate = 1e-3
            training.gradientClip = 1
            change(&training)
            let checks = try run(Trainer(description: description(), seed: 1), rows: [], training: training)
            #expect(checks[id]?.outcome == expected, "\(id)")
        }
        try expect("schedule-warmup", .passed)
        try expect("schedule-warmup", .failed) { $0.warmupSteps = 100 }
        try expect("schedule-warmup", .warning) { $0.warmupSteps = 0 }
        try expect("schedule-rate", .failed) { $0.peakLearningRate = 0 }
        try expect("schedule-rate", .warning) { $0.peakLearningRate = 1 }
        try expect("schedule-rate", .failed) { $0.floorLearningRate = 1e-2 }
        try expect("gradient-clip", .warning) { $0.gradientClip = nil }
        try expect("data-suffices", .warning) {
            $0.tokensPerStep = 1000
            $0.trainTokens = 1000
        }
    }

    @Test func aPreflightIsJUnitToo() throws {
        let checks = [
            PreflightReport.Check(id: "weights", outcome: .passed, detail: "fine"),
            PreflightReport.Check(id: "forward", outcome: .failed, detail: "not <finite>"),
            PreflightReport.Check(id: "overfit", outcome: .skipped, detail: "too large"),
        ]
        let report = PreflightReport(run: "r", model: "m", checks: checks)
        #expect(report.verdict == .failed)
        let xml = try JUnitReport.xml(report)
        #expect(xml.contains("tests=\"3\"") && xml.contains("failures=\"1\""))
        #expect(xml.contains("not &lt;finite&gt;"))
        #expect(TerminalText.preflight(report).contains("failed  forward"))
    }
}
