import AuditPipeline
import Diagnosis
import Foundation
import Replay
import Reporting
import Shards
import Synchronization
import Testing
import TrainingLogs

/// A real run with the moments of its optimizer beside a checkpoint, in the corpus of development machines.
@Suite struct OptimizerReplayTests {
    private static let corpus = URL(fileURLWithPath: #filePath).resolvingSymlinksInPath()
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appendingPathComponent("shared/corpus")

    static var isPresent: Bool {
        let state = corpus.appendingPathComponent("runs/d01/ckpt/optim_000500.safetensors")
        return FileManager.default.fileExists(atPath: state.path)
    }

    private func withRun(_ body: (StepReplayer, TrainingHistory) async throws -> Void) async throws {
        let manager = FileManager.default
        let folder = manager.temporaryDirectory.appendingPathComponent("optimizer-\(UUID().uuidString)")
        try manager.createDirectory(at: folder.appendingPathComponent("data"), withIntermediateDirectories: true)
        defer { try? manager.removeItem(at: folder) }
        let shards = Self.corpus.appendingPathComponent("shards/dev_bpe512")
        for name in try manager.contentsOfDirectory(atPath: shards.path) where name.contains("train") {
            try manager.copyItem(
                at: shards.appendingPathComponent(name),
                to: folder.appendingPathComponent("data/" + name)
            )
        }
        let run = Self.corpus.appendingPathComponent("runs/d01").path
        let yaml = """
            run: d01
            logs: [\(run)/log.txt]
            shards: {directory: data}
            order: {loader: llm.c-python, batch: 8, sequence: 64}
            model: {checkpoints: \(run)/ckpt, architecture: gpt2, heads: 4}
            """
        let path = folder.appendingPathComponent("audit.yaml").path
        try Data(yaml.utf8).write(to: URL(fileURLWithPath: path))
        let configuration = try ConfigurationReader.read(path: path)
        let inventory = try #require(
            try await VerifyStage.run(configuration, level: .structure, workers: 2, progress: SilentProgress())
        )
        let history = try LogReader.read(paths: configuration.logs.map(configuration.resolve))
        let order = LoaderMapping.run(configuration, inventory: inventory, history: history)
        var options = StepReplayer.Options(threads: 2)
        options.learningRate = 1.17e-3
        let stage = StepReplayer(
            map: try #require(order.map),
            folder: inventory.folder,
            overrides: StepReplayer.overrides(configuration),
            checkpoints: .folder(run + "/ckpt"),
            options: options
        )
        try await body(stage, history)
    }

    /// As the run was configured; the log prints its learning rate.
    private static var training: TrainingConfiguration {
        var training = TrainingConfiguration()
        training.gradientClip = 1
        training.weightDecay = 0.1
        return training
    }

    @Test(.enabled(if: isPresent)) func trainingOnFromItsMomentsRepeatsTheLog() async throws {
        try await withRun { stage, history in
            let outcome = try Continuation(
                replay: stage,
                history: history,
                training: Self.training
            ).run(from: 501, count: 5, change: .init(), progress: SilentProgress())
            #expect(outcome.notes.contains { $0.contains("optim_000500.safetensors, after 500 updates") })
            #expect(outcome.points.count == 5)
            for point in outcome.points {
                let logged = try #require(point.logged)
                // The log prints three digits of the learning rate.
                #expect(abs(point.loss - logged) < 3e-4, "step \(point.step)")
            }
        }
    }

    /// Asks for a stop when so many steps have been made.
    private struct StopAfter: ProgressReporter {
        let steps: Int
        let interruption: Interruption
        let done = Counter()

        final class Counter: Sendable {
            private let value = Mutex(0)
            func add(_ amount: Int) -> Int {
                value.withLock {
                    $0 += amount
                    return $0
                }
            }
        }

        func begin(_ stage: String, total: Int?) {}
        func advance(by amount: Int) { if done.add(amount) >= steps { interruption.request() } }
        func end() {}
    }

    @Test(.enabled(if: isPresent)) func whatWasTrainedUntilAnInterruptionIsKept() async throws {
        try await withRun { stage, history in
            let continuation = Continuation(
                replay: stage,
                history: history,
                training: Self.training
            )
            var change = Continuation.Change()
            change.learningRateFactor = 0.5
            let whole = try continuation.run(from: 501, count: 3, change: change, progress: SilentProgress())
            let interruption = Interruption()
            let outcome = try continuation.run(
                from: 501,
                count: 50,
                change: change,
                progress: StopAfter(steps: 3, interruption: interruption),
                interruption: interruption
            )
            #expect(outcome.isInterrupted && !whole.isInterrupted)
            #expect(outcome.points == whole.points)
            #expect(outcome.points.allSatisfy { $0.changedLoss != nil })
            let document = ReportBuilder().continuation(outcome, change: change)
            #expect(document.interrupted == true)
            #expect(document.steps == 50)
            #expect(document.conclusion.hasPrefix("Interrupted after 3 of 50 steps. "))
            #expect(ReportBuilder().continuation(whole, change: change).interrupted == nil)
        }
    }

    @Test(.enabled(if: isPresent)) func aLogWithoutRatesFollowsTheConfiguredScheduleToItsEnd() async throws {
        try await withRun { stage, history in
            var history = history
            history.learningRate = Series()
            var training = Self.training
            training.peakLearningRate = 1e-3
            training.schedule = .linear
            training.steps = 503
            func run(_ training: TrainingConfiguration, _ change: Continuation.Change = .init()) throws
                -> Continuation.Outcome
            {
                try Continuation(
                    replay: stage,
                    history: history,
                    training: training
                ).run(from: 501, count: 5, change: change, progress: SilentProgress())
            }
            let planned = try run(training)
            #expect(planned.points.count == 3)
            #expect(planned.notes.contains { $0.hasPrefix("The run is planned to end before step") })
            for (index, point) in planned.points.enumerated() {
                #expect(abs(point.learningRate - 1e-3 * (1 - Double(500 + index) / 503)) < 1e-12)
            }
            training.schedule = nil
            #expect(try run(training).notes.contains { $0.hasPrefix("Every step uses the peak learning rate") })
            var change = Continuation.Change()
            change.skipped = 900..<910
            #expect(throws: AuditError.self) { try run(training, change) }
        }
    }

    @Test(.enabled(if: isPresent)) func stepsLeftOutAreNotTakenForALossOfZero() async throws {
        try await withRun { stage, history in
            var change = Continuation.Change()
            change.skipped = 501..<504
            let outcome = try Continuation(
                replay: stage,
                history: history,
                training: Self.training
            ).run(from: 501, count: 3, change: change, progress: SilentProgress())
            let document = ReportBuilder().continuation(outcome, change: change)
            #expect(document.conclusion.contains("none of the 3 steps is left to compare"))
        }
    }

    /// A bit of a second moment in the file is changed: the audit names the tensor and weighs it as a cause.
    @Test(.enabled(if: isPresent)) func aChangedSecondMomentIsEvidence() async throws {
        try await withRun { stage, _ in
            let manager = FileManager.default
            let folder = manager.temporaryDirectory.appendingPathComponent("moments-\(UUID().uuidString)")
            try manager.createDirectory(at: folder, withIntermediateDirectories: true)
            defer { try? manager.removeItem(at: folder) }
            let source = Self.corpus.appendingPathComponent("runs/d01/ckpt")
            let model = folder.appendingPathComponent("model_00000500.bin")
            try manager.copyItem(at: source.appendingPathComponent("model_00000500.bin"), to: model)
            var data = try Data(contentsOf: source.appendingPathComponent("optim_000500.safetensors"))
            let header = try data.withUnsafeBytes { try SafetensorsHeader.parse($0, path: "") }
            let entry = try #require(header.entries["exp_avg_sq.transformer.h.2.mlp.c_fc.weight"])
            // The highest bit of the exponent of the hundredth value.
            data[header.dataStart + entry.range.lowerBound + 4 * 100 + 3] ^= 0x40
            try data.write(to: folder.appendingPathComponent("optim_000500.safetensors"))
            var stage = stage
            stage.checkpoints = .file(model.path, updatesDone: nil)
            let replay = try stage.replay(step: 501, controlSteps: [400, 420])
            let problems = replay.weightProblems.filter(\.isOptimizer)
            #expect(problems.map(\.kind) == [.outlyingMoment])
            #expect(problems.first?.name == "exp_avg_sq of h.2.mlp.c_fc.weight")
            let unsound = try #require(replay.contrast?.unsoundMoments.first)
            #expect(unsound.contains("h.2.mlp.c_fc.weight"))
            #expect(
                ReportBuilder().replay(replay).conclusion.contains(
                    "The optimizer's exp_avg_sq of h.2.mlp.c_fc.weight: one value is"
                )
            )
        }
    }

    @Test(.enabled(if: isPresent)) func aReplayNamesTheOptimizer() async throws {
        try await withRun { stage, _ in
            let replay = try stage.replay(step: 501, controlSteps: [400, 420])
            #expect(
                replay.optimizer == OptimizerNote(file: "optim_000500.safetensors", updatesDone: 500)
            )
            #expect(!replay.weightProblems.contains { $0.name.contains("exp_avg") || $0.name == "optimizer" })
            let update = try #require(replay.largestUpdate)
            #expect(update.ratio > 0 && update.ratio < 1)
            let document = ReportBuilder().replay(replay)
            #expect(document.experiments?.optimizer?.updates == 500)
        }
    }
}
