import ArgumentParser
import AuditPipeline
import Foundation
import Replay
import Reporting

struct PreflightCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "preflight",
        abstract: "The checks before a long run, on its own first batches.",
        discussion: """
            Loss at initialisation against ln V, forward and backward by themselves, gradients that reach every parameter, \
            32 examples learnt by heart, tokens inside the vocabulary, the schedule against the total steps. The model is \
            the earliest of model.checkpoints, --checkpoint, or a fresh GPT-2 of --layers, --heads and --channels.
            """
    )

    @OptionGroup var run: RunOptions

    @Option(help: "The model as it starts (default: the earliest of model.checkpoints).")
    var checkpoint: String?

    @Option(help: "A fresh GPT-2 of so many layers instead of a checkpoint.")
    var layers: Int?

    @Option(help: "With --layers: attention heads (default: model.heads).")
    var heads: Int?

    @Option(help: "With --layers: the width of the model.")
    var channels: Int?

    @Option(help: "Updates for learning 32 examples by heart; 0 leaves that out.")
    var overfitSteps = 300

    @Option(help: "Also write the checks as JUnit XML to this file.")
    var junit: String?

    @OptionGroup var workers: WorkerOptions
    @OptionGroup var common: CommonOptions

    func validate() throws {
        if layers != nil, channels == nil { throw ValidationError("--layers needs --channels.") }
        if layers != nil, checkpoint != nil { throw ValidationError("--layers and --checkpoint exclude each other.") }
        if !(0...100_000).contains(overfitSteps) {
            throw ValidationError("--overfit-steps: \(overfitSteps); expected 0 to 100000.")
        }
    }

    func run() async throws {
        try await ExitStatus.run {
            let loaded = try await run.load(workers: workers.count)
            let configuration = loaded.run.configuration
            let preflight = try Preflight.prepare(
                model: try model(configuration),
                configuration: configuration,
                training: configuration.training,
                map: loaded.map,
                folder: loaded.inventory.folder,
                overfitSteps: overfitSteps,
                threads: workers.count
            )
            let checks = preflight.run(progress: common.progress)
            let report = PreflightReport(run: configuration.run, model: preflight.modelText, checks: checks)
            if let junit {
                do {
                    try Data(JUnitReport.xml(report).utf8).write(to: URL(fileURLWithPath: junit), options: .atomic)
                } catch {
                    throw AuditError("\(junit): cannot be written (\(FileReason.text(error))).")
                }
            }
            try common.write(report) { TerminalText.preflight(report, style: $0) }
            if report.verdict == .failed { throw ExitStatus.findings }
        }
    }

    private func model(_ configuration: AuditConfiguration) throws -> Preflight.Model {
        if let layers, let channels {
            guard let heads = heads ?? configuration.model.heads else {
                throw AuditError("the number of heads is not known; add --heads, or set `model.heads`.")
            }
            guard let vocabulary = configuration.model.vocabulary else {
                throw AuditError("\(run.config): `model.vocabulary` is not set; a fresh model needs it.")
            }
            return .fresh(layers: layers, heads: heads, channels: channels, vocabulary: vocabulary)
        }
        if let checkpoint { return .checkpoint(checkpoint) }
        guard let folder = configuration.model.checkpoints.map(configuration.resolve),
            let first = try CheckpointFolder.scan(folder).files.first
        else {
            throw AuditError("there is no model to check; set `model.checkpoints`, or add --checkpoint or --layers.")
        }
        return .checkpoint(first.path)
    }
}
