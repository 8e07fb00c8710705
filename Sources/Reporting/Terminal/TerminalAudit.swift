import Terms
import TrainingLogs

extension TerminalText {
    /// The result of `trainaudit audit`.
    /// - Parameters:
    ///   - report: The result.
    ///   - history: For the sparkline of the loss.
    ///   - style: Colour and width of the terminal.
    public static func audit(
        _ report: AuditReport,
        history: TrainingHistory? = nil,
        style: TerminalStyle = TerminalStyle()
    ) -> String {
        let voice = report.voice
        var lines = TerminalLines(style)
        verdict(report.verdict, word: Wording.verdict(report), report.headline.text(voice), &lines)
        lines.blank()
        fact("run    ", report.run, &lines)
        if let read = report.history { fact("log    ", Wording.history(read), &lines) }
        loss(history, &lines)
        if !report.shards.isEmpty { fact("shards ", Wording.shardCounts(report.shards), &lines) }
        if let comparison = report.comparison { fact("changes", Wording.comparison(comparison), &lines) }
        FindingLines(
            voice: voice,
            findings: report.findings,
            shards: report.shards,
            replays: report.replays,
            baseline: report.baseline ?? []
        ).add(to: &lines)
        list("Baseline", Wording.baseline(report.baseline ?? []), &lines)
        list("Assumed", report.assumptions, &lines)
        list("Not checked", report.notChecked.map { voice.text($0.text) }, &lines)
        list("Reproduce", voice.commands.reproduction(report.reproduce), &lines)
        list("Report", report.files, &lines)
        return lines.text
    }
}
