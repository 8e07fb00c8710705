import Diagnosis
import Terms

/// The cases of the findings, by their ids.
enum FindingCases {
    static func cases(_ report: AuditReport, attachments: String?) -> [JUnitCase] {
        report.findings.enumerated().map { index, finding in
            var test = JUnitCase(classname: "diagnosis", name: finding.id, outcome: outcome(finding, report))
            let plots = ["plots/finding-\(index + 1).svg"]
            test.attachments = JUnitReport.attached(plots, report, in: attachments)
            return test
        }
    }

    private static func outcome(_ finding: Finding, _ report: AuditReport) -> JUnitCase.Outcome {
        let voice = report.voice.of(finding)
        let text = text(finding, report, voice)
        guard finding.severity == .failure else { return .passed(output: text) }
        if let acceptance = finding.acceptance { return .skipped(message: Wording.acceptance(acceptance)) }
        return .failed(type: "finding", message: voice.text(finding.title), text: text)
    }

    private static func text(_ finding: Finding, _ report: AuditReport, _ voice: Voice) -> String {
        var lines: [String] = ["\(voice.text(finding.title)) (\(finding.severity.rawValue))"]
        lines += finding.symptoms.prefix(20).map { "Seen: \(Wording.name($0.kind)): \(voice.text($0.summary))" }
        if finding.symptoms.isEmpty { lines += finding.story.prefix(12).map { "Seen: \(voice.text($0))" } }
        if !finding.symptoms.isEmpty || finding.hypotheses.isEmpty {
            lines.append("Guide: \(GuideLink(of: finding, voice).text)")
        }
        let (runs, more) = SpanRun.summary(finding.spans, shards: report.shards, limit: 20)
        lines += runs.map { "Fed by: \($0.text)" }
        if more > 0 { lines.append("and \(more) more") }
        for replay in Wording.replays(of: finding, in: report.replays).prefix(5) {
            lines.append("Replayed: \(Wording.contrast(replay)). \(replay.conclusion)")
        }
        lines += finding.advice.prefix(3).map { "What to do: \(voice.text($0))" }
        let wording = CauseWording(finding, voice)
        if let introduction = wording.introduction, !finding.hypotheses.isEmpty { lines.append(introduction) }
        for (rank, hypothesis) in finding.hypotheses.enumerated() {
            lines.append("\(wording.heading(rank)): \(Wording.name(hypothesis.cause))")
            guard rank < 2 else { continue }
            if let basis = wording.basis(rank) { lines.append("  Basis: \(basis)") }
            lines += wording.evidenceFor(rank).map { "  Evidence: \($0)" }
            lines += wording.evidenceAgainst(rank).map { "  Against: \($0)" }
            if let fix = wording.fix(rank) { lines.append("  Fix: \(fix)") }
            if let test = wording.nextTest(rank) { lines.append("  Next test: \(test)") }
            lines.append("  Guide: \(GuideLink(id: hypothesis.cause.rawValue, voice).text)")
        }
        return lines.map { SafeText.line($0, limit: 1000) }.joined(separator: "\n")
    }
}
