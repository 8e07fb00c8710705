import ArgumentParser
import AuditPipeline
import Diagnosis
import Foundation
import Replay
import Reporting
import TrainingLogs

struct ReplayCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "replay",
        abstract: "Rerun a step's batch with probes at every operation, beside control batches under the same weights.",
        discussion: """
            With --continue K the model is trained on from the checkpoint for K steps along the run's own data, once as \
            the run did and once with --learning-rate-factor, --gradient-clip or --skip. With --check an llm.c debug state \
            is compared with what the checkpoint gives.
            """
    )

    @OptionGroup var run: RunOptions

    @Option(help: "The step, in the numbering of the log.")
    var step: Int?

    @Option(help: "A checkpoint file or folder (default: the nearest earlier one of model.checkpoints).")
    var checkpoint: String?

    @Option(help: "With --checkpoint: the updates it holds, where its name does not say.")
    var updates: Int?

    @Option(help: "The arithmetic: fp32, or emulated bf16 or fp16.")
    var precision: Precision = .fp32

    @Option(help: "Also run the batch in this arithmetic, gradients included; may be given twice.")
    var emulate: [Precision] = []

    @Option(help: "With --emulate: multiply the loss by this before the backward pass.")
    var lossScale: Double?

    @Option(help: "Also run batch and controls under this checkpoint (default: the one before, for small models).")
    var otherCheckpoint: String?

    @Option(help: "How many control batches to take from the steps before.")
    var controls = 8

    @Option(help: "At most so many tokens of a batch are replayed (default: by the size of the model).")
    var replayTokens: Int?

    @Option(name: .customLong("continue"), help: "Train so many steps on from the checkpoint.")
    var continueSteps: Int?

    @Option(help: "With --continue: a second run with every learning rate times this.")
    var learningRateFactor: Double = 1

    @Option(help: "With --continue: a second run with gradients clipped to this norm.")
    var gradientClip: Double?

    @Option(help: "With --continue: a second run without the batches of these steps, A..<B.")
    var skip: String?

    @Option(help: "Compare the checkpoint with an llm.c *_debug_state.bin: logits, loss, gradients.")
    var check: String?

    @Option(help: "With --check: attention heads, where neither file nor configuration says (default: model.heads).")
    var heads: Int?

    @OptionGroup var workers: WorkerOptions
    @OptionGroup var common: CommonOptions

    func validate() throws {
        if step == nil, check == nil { throw ValidationError("Missing --step, or --check.") }
        if check != nil, checkpoint == nil { throw ValidationError("--check needs --checkpoint.") }
        if heads != nil, check == nil { throw ValidationError("--heads needs --check; for a run set model.heads.") }
        if let heads, heads < 1 { throw ValidationError("--heads: \(heads); expected at least 1.") }
        if updates != nil, checkpoint == nil { throw ValidationError("--updates needs --checkpoint.") }
        if controls < 0 { throw ValidationError("--controls: \(controls); expected at least 0.") }
        if let replayTokens, replayTokens < 1 {
            throw ValidationError("--replay-tokens: \(replayTokens); expected at least 1.")
        }
        if let lossScale, !(lossScale > 0) || !lossScale.isFinite {
            throw ValidationError("--loss-scale: \(lossScale); expected a positive number.")
        }
        if let continueSteps, !(1...1_000_000).contains(continueSteps) {
            throw ValidationError("--continue: \(continueSteps); expected 1 to 1000000.")
        }
        if !(learningRateFactor >= 0) || !learningRateFactor.isFinite {
            throw ValidationError("--learning-rate-factor: \(learningRateFactor); expected at least 0.")
        }
        if let gradientClip, !(gradientClip > 0) || !gradientClip.isFinite {
            throw ValidationError("--gradient-clip: \(gradientClip); expected a positive number.")
        }
        _ = try skipped()
    }

    private func skipped() throws -> Range<Int>? {
        guard let skip else { return nil }
        let parts = skip.components(separatedBy: "..<")
        guard parts.count == 2, let first = Int(parts[0]), let end = Int(parts[1]), first < end else {
            throw ValidationError("--skip: \(skip); expected A..<B, as in 11440..<11452.")
        }
        return first..<end
    }

    func run() async throws {
        try await ExitStatus.run {
            if let check, let checkpoint { return try golden(check, checkpoint) }
            guard let step else { return }
            let loaded = try await run.load(workers: workers.count)
            try loaded.check(step: step)
            let stage = try stage(loaded, step: step)
            // Before any hashing: a checkpoint that is not there must not cost an hour.
            _ = try stage.checkpointFiles(step: step)
            if let continueSteps { return try trainOn(stage, loaded, from: step, count: continueSteps) }
            let copies = TemporaryFolder()
            defer { copies.remove() }
            let setup = try await ReplaySetup.prepare(
                step: step,
                in: loaded.run,
                map: loaded.map,
                inventory: loaded.inventory,
                workers: workers.count,
                folder: copies,
                progress: common.progress
            )
            common.progress.begin("replaying step \(step)", total: nil)
            let result = try stage.replay(
                step: step,
                controlSteps: setup.controlSteps,
                pristine: setup.pristine,
                former: setup.former,
                damagedTokens: setup.damagedTokens,
                loggedLoss: setup.loggedLoss
            )
            common.progress.end()
            let document = ReportBuilder().replay(result)
            try common.write(document) { TerminalText.replay(document, style: $0) }
        }
    }

    private func stage(_ loaded: MappedRun, step: Int) throws -> StepReplayer {
        var options = StepReplayer.Options(
            precision: precision,
            tokenBudget: replayTokens,
            controls: controls,
            threads: workers.count
        )
        options.emulate = emulate
        options.lossScale = lossScale
        options.otherCheckpoint = otherCheckpoint
        if let history = loaded.run.history, !history.learningRateIsMultiplier {
            options.learningRate = history.learningRate.merged().value(atStep: step)
        }
        var stage = StepReplayer(
            map: loaded.map,
            folder: loaded.inventory.folder,
            overrides: StepReplayer.overrides(loaded.run.configuration),
            checkpoints: try choice(loaded.run.configuration),
            options: options
        )
        stage.logged = loaded.run.history?.train.merged()
        return stage
    }

    private func trainOn(_ stage: StepReplayer, _ loaded: MappedRun, from step: Int, count: Int) throws {
        var change = Continuation.Change()
        change.learningRateFactor = learningRateFactor
        change.gradientClip = gradientClip
        change.skipped = try skipped()
        let continuation = Continuation(
            replay: stage,
            history: loaded.run.history,
            training: loaded.run.configuration.training
        )
        let outcome = try Interrupt.withListener { interruption in
            try continuation.run(
                from: step,
                count: count,
                change: change,
                progress: common.progress,
                interruption: interruption
            )
        }
        let document = ReportBuilder().continuation(outcome, change: change)
        try common.write(document) { TerminalText.continuation(document, style: $0) }
        if outcome.isInterrupted { throw ExitStatus.interrupted }
    }

    private func golden(_ state: String, _ path: String) throws {
        let model = try Checkpoint.read(path: path, overrides: try checkOverrides())
        let recorded = try DebugState.read(path: state, description: model.description)
        common.progress.begin("running \(recorded.rows.count) rows", total: nil)
        let result = try Replayer(checkpoint: model, threads: workers.count).check(recorded)
        common.progress.end()
        let document = ReportBuilder().goldenCheck(result)
        try common.write(document) { TerminalText.goldenCheck(document, style: $0) }
        if !result.agrees { throw ExitStatus.findings }
    }

    /// What a configuration says of the model, where there is one: a debug state needs no run.
    private func checkOverrides() throws -> CheckpointOverrides {
        var overrides = CheckpointOverrides()
        if FileManager.default.fileExists(atPath: run.config) || run.config != RunOptions.defaultConfig {
            overrides = StepReplayer.overrides(try ConfigurationReader.read(path: run.config))
        }
        if let heads { overrides.heads = heads }
        return overrides
    }

    private func choice(_ configuration: AuditConfiguration) throws -> StepReplayer.CheckpointChoice {
        if let checkpoint { return .file(checkpoint, updatesDone: updates) }
        guard let folder = configuration.model.checkpoints else {
            throw AuditError("\(run.config): `model.checkpoints` is not set; set it, or name a file with --checkpoint.")
        }
        return .folder(configuration.resolve(folder))
    }
}

extension Precision: ExpressibleByArgument {}
