import ArgumentParser

/// The command line: one file a subcommand, nothing but arguments in and text out.
@main
struct TrainAudit: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "trainaudit",
        abstract: "Audit a language-model training run: from a loss spike to the bytes that fed it.",
        discussion: """
            Start with `trainaudit drill corrupt-shard -o drill` and `trainaudit audit --config drill/audit.yaml`.

            Exit status: 0 clean · 1 findings at or above --fail-on · 2 the audit could not be completed · 64 usage · \
            130 interrupted. Treat any other status as a failure.
            """,
        version: "0.1.0",
        subcommands: [
            AuditCommand.self, VerifyCommand.self, FetchCommand.self, LockCommand.self, TraceCommand.self,
            ReplayCommand.self, PreflightCommand.self, DiagnoseCommand.self, CompareCommand.self, PlotCommand.self,
            DrillCommand.self,
            ExplainCommand.self, ManualCommand.self,
        ]
    )
}
