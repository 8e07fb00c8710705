import ArgumentParser
import AuditPipeline
import Replay
import Reporting
import TrainingLogs

struct ReplayCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "replay",
        abstract: "Rerun a step's batch with probes at every operation, beside control batches under the same weights."
    )

    @OptionGroup var run: RunOptions

    @Option(help: "The step, in the numbering of the log.")
    var step: Int

    @Option(help: "A checkpoint file (default: the nearest earlier one of model.checkpoints).")
    var checkpoint: String?

    @Option(help: "With --checkpoint: the updates it holds, where its name does not say.")
    var updates: Int?

    @Option(help: "The arithmetic: fp32, or emulated bf16 or fp16.")
    var precision: Precision = .fp32

    @Option(help: "How many control batches to take from the steps before.")
    var controls = 8

    @Option(help: "At most so many tokens of a batch are replayed (default: by the size of the model).")
    var replayTokens: Int?

    @OptionGroup var workers: WorkerOptions
    @OptionGroup var common: CommonOptions

    func validate() throws {
        if updates != nil, checkpoint == nil { throw ValidationError("--updates needs --checkpoint.") }
        if controls < 0 { throw ValidationError("--controls: \(controls); expected at least 0.") }
        if let replayTokens, replayTokens < 1 {
            throw ValidationError("--replay-tokens: \(replayTokens); expected at least 1.")
        }
    }

    func run() async throws {
        try await ExitStatus.run {
            let loaded = try await run.load(workers: workers.count)
            try loaded.check(step: step)
            let stage = ReplayStage(
                map: loaded.map,
                folder: loaded.inventory.folder,
                overrides: ReplayStage.overrides(loaded.configuration),
                checkpoints: try choice(loaded.configuration),
                options: .init(
                    precision: precision,
                    tokenBudget: replayTokens,
                    controls: controls,
                    threads: workers.count
                )
            )
            // Before any hashing: a checkpoint that is not there must not cost an hour.
            _ = try stage.checkpointFiles(step: step)
            let copies = TemporaryFolder()
            defer { copies.remove() }
            let setup = try await ReplaySetup.prepare(
                step: step,
                inventory: loaded.inventory,
                history: loaded.history,
                order: loaded.order,
                training: loaded.configuration.training,
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
            let document = DocumentBuilder().replay(result)
            try common.write(document) { TerminalText.replay(document, style: $0) }
        }
    }

    private func choice(_ configuration: AuditConfiguration) throws -> ReplayStage.CheckpointChoice {
        if let checkpoint { return .file(checkpoint, updatesDone: updates) }
        guard let folder = configuration.model.checkpoints else {
            throw AuditError("\(run.config): `model.checkpoints` is not set; set it, or name a file with --checkpoint.")
        }
        return .folder(configuration.resolve(folder))
    }
}

extension Precision: ExpressibleByArgument {}
