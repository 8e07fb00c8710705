import ArgumentParser
import AuditPipeline
import Reporting
import TrainingLogs

struct PlotCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "plot",
        abstract: "Draw loss, learning rate and gradient norm of a log as SVG."
    )

    @Argument(help: "Log files of one run.")
    var logs: [String]

    @Option(name: .shortAndLong, help: "The folder the plots go to.")
    var output = "plots"

    @Option(help: "The trainer that wrote the logs (default: detected by content).")
    var trainer: String?

    @OptionGroup var common: CommonOptions

    func run() async throws {
        try await ExitStatus.run {
            let history = try LogReader.read(paths: logs, trainer: trainer)
            let findings = DocumentBuilder().diagnose(history).findings
            var files = [
                ReportFile(
                    name: "loss.svg",
                    contents: try LossPlot.svg(
                        history: history,
                        findings: findings,
                        shardBoundaries: [],
                        damagedShards: []
                    )
                ),
                ReportFile(
                    name: "lr-loss.svg",
                    contents: try LearningRatePlot.svg(
                        history: history,
                        findings: findings,
                        shardBoundaries: [],
                        damagedShards: []
                    )
                ),
            ]
            if !history.gradientNorm.isEmpty {
                let plot = try GradientNormPlot.svg(
                    history: history,
                    findings: findings,
                    shardBoundaries: [],
                    damagedShards: []
                )
                files.append(ReportFile(name: "gradient-norm.svg", contents: plot))
            }
            try ReportWriter.write(files, to: output)
            let document = PlotDocument(files: files.map { output + "/" + $0.name })
            try common.write(document) { _ in document.files.joined(separator: "\n") + "\n" }
        }
    }
}

/// The machine-readable result of `plot`.
private struct PlotDocument: Encodable {
    var schema = "trainaudit.plot/1"
    var files: [String]
}
