import Diagnosis
import Terms
import TrainingLogs

extension TerminalText {
    /// The result of `trainaudit diagnose`.
    /// - Parameters:
    ///   - report: The result.
    ///   - history: For the sparkline of the loss.
    ///   - style: Colour and width of the terminal.
    public static func diagnose(
        _ report: DiagnosisReport,
        history: TrainingHistory? = nil,
        style: TerminalStyle = TerminalStyle()
    ) -> String {
        var lines = TerminalLines(style)
        verdict(report.verdict, sentence(report), &lines)
        lines.blank()
        fact("log    ", Wording.history(report.history), &lines)
        loss(history, &lines)
        FindingLines(voice: report.voice, findings: report.findings).add(to: &lines)
        list("Notes", report.notes, &lines)
        return lines.text
    }

    private static func sentence(_ report: DiagnosisReport) -> String {
        let first = report.findings.first.map { report.voice.of($0).text($0.title) }
        switch report.verdict {
        case .healthy: return first.map { "nothing to act on; noted: \($0)" } ?? "no symptom in the curves"
        case .undetermined(let doubt):
            return "too little to judge: \(Voice.text(doubt))" + (first.map { "; noted: \($0)" } ?? "")
        case .anomalous: return first ?? "no symptom in the curves"
        }
    }
}
