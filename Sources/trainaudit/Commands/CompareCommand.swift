import ArgumentParser
import AuditPipeline
import Diagnosis
import Foundation
import Reporting

struct CompareCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "compare",
        abstract: "Where two runs part beyond noise, whether they read the same data, and which settings differ.",
        discussion: """
            A and B are each a log, several logs of one run with commas between them, an audit.yaml, or a folder with one. \
            Differences are B minus A, in nats per token.

            As a gate in CI: `trainaudit compare good.log new.log --tolerance 0.5% --assert-equal --junit compare.xml`. \
            Exit status: 0 compared · with --assert-equal 1 where they differ · 2 they cannot be compared.
            """
    )

    @Argument(help: "The first run, which gives the numbering of steps.")
    var a: String

    @Argument(help: "The second run.")
    var b: String

    @Option(help: "Differences that do not count: nats, or a share of A's loss such as 0.5%.")
    var tolerance: String?

    @Flag(name: .customLong("assert-equal"), help: "Exit 1 where they differ beyond noise and tolerance.")
    var assertsEqual = false

    @Option(help: "Also write the comparison as JUnit XML to this file.")
    var junit: String?

    @Option(name: .shortAndLong, help: "A folder that compare.svg goes to: both curves, and their difference.")
    var output: String?

    @Option(help: "The trainer that wrote the logs (default: detected by content).")
    var trainer: String?

    @Option(
        help:
            "The run of a log that holds several, from 1; given twice, the first is that of A and the second that of B."
    )
    var run: [Int] = []

    @OptionGroup var common: CommonOptions

    func validate() throws {
        _ = try limit()
        if run.count > 2 { throw ValidationError("--run: given \(run.count) times; expected one or two.") }
    }

    func run() async throws {
        try await ExitStatus.run {
            let first = try ComparedRunReader.read(a, trainer: trainer, run: run.first)
            let second = try ComparedRunReader.read(b, trainer: trainer, run: run.last)
            for side in [first, second] { CommonOptions.noteRuns(of: side.log) }
            let comparison = RunComparison(first.run, second.run, tolerance: try limit())
            var report = RunComparisonReport(first: first.report, second: second.report, comparison: comparison)
            if let output {
                let curves = comparison.curves(first.run, second.run)
                let file = try RunComparisonPlot.file(comparison, a: curves.first, b: curves.second)
                try ReportWriter.write([file], to: output)
                report.files = [output + "/" + file.name]
            }
            if let junit { try ReportWriter.write(text: JUnitReport.xml(report), to: junit) }
            try common.write(report) { TerminalText.compare(report, style: $0) }
            guard assertsEqual else { return }
            switch comparison.verdict {
            case .identical, .equal: break
            case .different: throw ExitStatus.findings
            case .undetermined: throw ExitStatus.incomplete
            }
        }
    }

    /// The tolerance: `0.02` in nats, `1%` of A's loss.
    private func limit() throws -> ComparisonTolerance {
        guard let tolerance else { return RunComparison.noTolerance }
        let isShare = tolerance.hasSuffix("%")
        guard let value = Double(isShare ? tolerance.dropLast() : tolerance[...]), value.isFinite, value >= 0 else {
            throw ValidationError("--tolerance: \(tolerance); expected nats such as 0.02, or a share such as 0.5%.")
        }
        return isShare ? .share(value / 100) : .nats(value)
    }
}
