import ArgumentParser
import AuditPipeline
import Diagnosis
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

    @Option(help: "The arithmetic: fp32, or emulated bf16 or fp16.")
    var precision: Precision = .fp32

    @Option(help: "How many control batches to take from the steps before.")
    var controls = 8

    @Option(help: "At most so many tokens of a batch are replayed (default: by the size of the model).")
    var replayTokens: Int?

    @OptionGroup var workers: WorkerOptions
    @OptionGroup var common: CommonOptions

    func validate() throws {
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
            let progress = common.progress
            progress.begin("replaying step \(step)", total: nil)
            let result = try stage.replay(
                step: step,
                controlSteps: controlSteps(loaded),
                loggedLoss: loaded.history.flatMap {
                    $0.lossScope == .step ? $0.train.merged().value(atStep: step) : nil
                }
            )
            progress.end()
            let document = DocumentBuilder().replay(result)
            try common.write(document) { TerminalText.replay(document, style: $0) }
        }
    }

    private func choice(_ configuration: AuditConfiguration) throws -> ReplayStage.CheckpointChoice {
        if let checkpoint { return .file(checkpoint) }
        guard let folder = configuration.model.checkpoints else {
            throw AuditError("\(run.config): `model.checkpoints` is not set; set it, or name a file with --checkpoint.")
        }
        return .folder(configuration.resolve(folder))
    }

    /// Healthy steps before the step, as the audit would choose them; without a log, the steps just before.
    private func controlSteps(_ loaded: LoadedRun) -> [Int] {
        if let history = loaded.history {
            let symptom = Symptom(kind: .lossSpike, firstStep: step, lastStep: step, severity: .info, summary: "")
            let found = Diagnosis.controlSteps(of: Event(symptoms: [symptom]), history: history, count: controls)
            if !found.isEmpty { return found }
        }
        let first = max(loaded.map.stepBase, step - controls)
        return Array(first..<max(first, step))
    }
}

extension Precision: ExpressibleByArgument {}
