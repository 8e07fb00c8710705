import ArgumentParser
import AuditPipeline
import Foundation
import Logging
import Reporting
import Shards

struct AuditCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "audit",
        abstract: "Everything in order over one run; the nightly job.",
        discussion: """
            Verifies the shards, reads the logs, finds symptoms, traces them to shard bytes, replays suspect batches beside \
            healthy ones and with pristine bytes, ranks the causes, and writes report.html, the plots as SVG, junit.xml, \
            report.json and summary.md. A report.json that is in the folder already, of the same run, is compared with.

            In GitHub Actions the summary goes to the step summary and the gravest findings become annotations; in GitLab CI \
            gl-code-quality-report.json is written too.

            A small audit.yaml:

              run: pretrain-d12
              logs: [train.log]
              shards:
                manifest: shards.lock.json
                directory: data
                source: https://example.org/shards/
              order:
                loader: llm.c
                batch: 64
                sequence: 1024
              model:
                checkpoints: checkpoints
            """
    )

    @Option(name: .shortAndLong, help: "The audit's configuration.")
    var config = "audit.yaml"

    @Option(
        name: .shortAndLong,
        help: "Where the report goes (default: report.directory, or Reports, and the run's name)."
    )
    var output: String?

    @Option(help: ExitStatus.Threshold.help)
    var failOn: [ExitStatus.Threshold] = []

    @Option(help: "The report.json to compare with (default: the one in the report's folder).")
    var previous: String?

    @Flag(help: "Do not compare with an earlier report.")
    var noPrevious = false

    @Option(
        help: """
            Findings and shards that are known and do not count until a day (YAML: accept). Where no finding has an entry's \
            id, the nearest of its kind is meant that begins within 50 steps (or 1 % of the step) or covers its step, since a \
            longer log moves edges a little; the report says which entry matched.
            """
    )
    var baseline: String?

    @Option(
        help: """
            How deep shards are looked at. What a digest proves is never decoded; `digest` leaves the content of all others \
            unread too, which a terabyte without a manifest may ask for.
            """
    )
    var level: Verifier.Level = .decode

    @Option(help: "At most so many tokens of a batch are replayed (default: by the size of the model).")
    var replayTokens: Int?

    @OptionGroup var workers: WorkerOptions
    @OptionGroup var common: CommonOptions

    func validate() throws {
        if let replayTokens, replayTokens < 1 {
            throw ValidationError("--replay-tokens: \(replayTokens); expected at least 1.")
        }
        if previous != nil, noPrevious {
            throw ValidationError("--previous and --no-previous exclude each other; expected one of them.")
        }
    }

    func run() async throws {
        try await ExitStatus.run {
            let configuration = try ConfigurationReader.read(path: config)
            let folder = output ?? reportFolder(configuration)
            try ReportWriter.prepare(folder)
            let options = Audit.Options(
                workers: workers.count,
                level: level,
                tokenBudget: replayTokens,
                configurationPath: config,
                baseline: try baseline.map { try BaselineReader.read(path: $0) },
                previous: noPrevious ? .none : previous.map(Audit.Previous.file) ?? .folder(folder)
            )
            let outcome = try await Audit(configuration: configuration, options: options).run(progress: common.progress)
            explain(outcome)
            let environment = ProcessInfo.processInfo.environment
            let delivery = try ContinuousIntegration.delivery(
                outcome.report,
                of: configuration,
                shardFolder: outcome.shardFolder,
                environment: environment
            )
            let report = try ReportWriter.write(
                outcome,
                to: folder,
                extra: delivery.files,
                attachments: ContinuousIntegration.attachmentFolder(folder, environment: environment)
            )
            deliver(delivery, report)
            try common.write(report, voice: report.voice) {
                TerminalText.audit(report, history: outcome.history, style: $0)
            }
            if common.format == .text {
                let path = WorkflowText.inert(SafeText.line("\(folder)/report.html", limit: 4000))
                try CommonOptions.print("\nReport: \(path)\n")
            }
            try ExitStatus.check(failOn, report.gravest, report.verdict)
        }
    }

    /// `report.directory` lies beside the configuration; the default below the working folder.
    private func reportFolder(_ configuration: AuditConfiguration) -> String {
        (configuration.report.directory.map(configuration.resolve) ?? "Reports") + "/" + configuration.run
    }

    /// Gives a CI system what it reads. Workflow commands go to standard error: standard output is the result alone.
    private func deliver(_ delivery: ContinuousIntegration.Delivery, _ report: AuditReport) {
        if let path = delivery.stepSummary {
            // The report is written and may have findings: a runner that takes no summary changes neither.
            do {
                try ContinuousIntegration.append(summary: MarkdownSummary.text(report), to: path)
            } catch {
                CommonOptions.printError(WorkflowText.inert("trainaudit: \(SafeText.line("\(error)"))\n"))
            }
        }
        for command in delivery.annotations { CommonOptions.printError(command + "\n") }
    }

    /// With --verbose: what the audit took for granted, and why.
    private func explain(_ outcome: Audit.Outcome) {
        let logger = common.logger
        var lines: [String] = []
        if let history = outcome.report.history {
            lines.append("log format \(history.format): \(history.formatReason ?? "as configured")")
        }
        lines += outcome.report.assumptions.map { "assumed \($0)" }
        lines += outcome.report.notChecked.map { "not checked: \(outcome.report.voice.text($0.text))" }
        for line in lines { logger.debug("\(WorkflowText.inert(SafeText.line(line, limit: 2000)))") }
    }
}
