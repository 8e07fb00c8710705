import ArgumentParser
import AuditPipeline
import Diagnosis
import Foundation
import Logging
import Reporting
import TrainingLogs

struct DiagnoseCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "diagnose",
        abstract: "Symptoms and ranked causes from logs alone.",
        discussion: "Several files are read as one run: standard output and main.log of llm.c, say."
    )

    @Argument(help: "Log files of one run, or the folder or database of its tracker; - is standard input.")
    var logs: [String]

    @Option(
        help: ArgumentHelp(
            "The trainer that wrote the logs (default: detected by content).",
            discussion: "One of " + LogFormats.trainerNames.joined(separator: ", ") + "."
        )
    )
    var trainer: String?

    @Option(
        help: "The run that the report is about, of a log that holds several, from 1 (default: the last whole one)."
    )
    var run: Int?

    @Option(help: "Write the series to this file, FILE.csv or FILE.jsonl: series, step, value.")
    var export: String?

    @Option(help: ExitStatus.Threshold.help)
    var failOn: [ExitStatus.Threshold] = []

    @OptionGroup var common: CommonOptions

    func run() async throws {
        try await ExitStatus.run {
            let history = try RunReader.read(paths: logs, trainer: trainer).choosing(run: run)
            common.logger.debug("read as \(history.format): \(history.formatReason)")
            if let export { try HistoryExport.write(history, to: export, logs: logs) }
            let report = ReportBuilder().diagnose(history, logs: logs)
            try common.write(report, voice: report.voice) { style in
                reading(of: history) + "\n"
                    + TerminalText.diagnose(report, history: history.mainRun, style: style)
            }
            try ExitStatus.check(failOn, report.findings.gravest, report.verdict)
        }
    }

    /// What was read, before what is concluded from it.
    private func reading(of history: TrainingHistory) -> String {
        history.summary(isDetailed: common.verbose)
            .map { line in line.label.padding(toLength: 12, withPad: " ", startingAt: 0) + line.text + "\n" }
            .joined()
    }
}
