import ArgumentParser
import AuditPipeline
import Foundation
import Reporting
import Terms
import TrainingLogs

extension PlotKind: ExpressibleByArgument {}
extension Appearance: ExpressibleByArgument {}

struct PlotCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "plot",
        abstract: "Draw the plots of a log, or of an audit's report, as SVG.",
        discussion: """
            From a log: loss, lr-loss, lr-scatter, gradient-norm, loss-scale, and one finding plot for each symptom found \
            in it. With --report also what the audit found: shards under the curves, the share of each source of the data, the \
            operations and controls of each replay, the state of each of many shards.
            """
    )

    @Argument(help: "Log files of one run, or the folder or database of its tracker.")
    var logs: [String] = []

    @Option(help: "A report.json of an audit, whose findings, shards and replays are drawn.")
    var report: String?

    @Option(name: .shortAndLong, help: "The folder the plots go to.")
    var output = "plots"

    @Option(help: "Only these plots; may be given again.")
    var only: [PlotKind] = []

    @Option(help: "The colours: by the reader's preference, or always the same.")
    var appearance: Appearance = .automatic

    @Option(help: "The trainer that wrote the logs (default: detected by content).")
    var trainer: String?

    @Option(help: "The run that is drawn, of a log that holds several, from 1 (default: the last whole one).")
    var run: Int?

    @OptionGroup var common: CommonOptions

    func validate() throws {
        if logs.isEmpty, report == nil {
            throw ValidationError("neither a log nor --report; expected at least one of them.")
        }
    }

    func run() async throws {
        try await ExitStatus.run {
            let whole = logs.isEmpty ? nil : try RunReader.read(paths: logs, trainer: trainer).choosing(run: run)
            let history = whole?.mainRun
            if let whole { CommonOptions.noteRuns(of: whole) }
            let audit: AuditReport
            if let report {
                audit = try SavedReportReader.read(path: report)
            } else {
                let diagnosis = history.map { ReportBuilder().diagnose($0) }
                audit = AuditReport(
                    run: "",
                    verdict: diagnosis?.verdict ?? .healthy,
                    findings: diagnosis?.findings ?? []
                )
            }
            let kinds = only.isEmpty ? Set(PlotKind.allCases) : Set(only)
            // Without curves only what the report holds has something to show.
            let shown = history == nil ? kinds.subtracting([.loss, .rate]) : kinds
            let files = try PlotSet(audit, history: history, kinds: shown).flatFiles(appearance)
            guard !files.isEmpty else {
                throw AuditError("nothing to draw: the log and the report hold nothing that these plots show.")
            }
            try ReportWriter.write(files, to: output)
            let document = PlotReport(files: files.map { output + "/" + $0.name })
            try common.write(document) { _ in document.files.joined(separator: "\n") + "\n" }
        }
    }
}

/// The machine-readable result of `plot`.
private struct PlotReport: Encodable {
    var schema = "trainaudit.plot/1"
    var files: [String]
}
