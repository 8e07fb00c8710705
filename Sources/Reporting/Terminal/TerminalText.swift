import Diagnosis
import TrainingLogs

/// The results of the commands as text for standard output.
///
/// Everything that comes from logs and shards is cleaned of control characters and direction marks first.
public enum TerminalText {
    /// The result of `trainaudit audit`.
    /// - Parameters:
    ///   - document: The result.
    ///   - history: For the sparkline of the loss.
    ///   - style: Colour and width of the terminal.
    public static func audit(
        _ document: AuditDocument,
        history: TrainingHistory? = nil,
        style: TerminalStyle = TerminalStyle()
    ) -> String {
        var lines = TerminalLines(style)
        verdict(Wording.verdict(document), document.headline, &lines)
        lines.blank()
        lines.add(label: "run    ", document.run, indent: 2, labelRole: .dim)
        if let read = document.history {
            lines.add(label: "log    ", Wording.history(read), indent: 2, labelRole: .dim)
        }
        loss(history, &lines)
        if !document.shards.isEmpty {
            lines.add(label: "shards ", Wording.shardCounts(document.shards), indent: 2, labelRole: .dim)
        }
        if let comparison = document.comparison {
            lines.add(label: "changes", Wording.comparison(comparison), indent: 2, labelRole: .dim)
        }
        findings(
            document.findings,
            shards: document.shards,
            replays: document.replays,
            baseline: document.baseline ?? [],
            &lines
        )
        list("Baseline", Wording.baseline(document.baseline ?? []), &lines)
        list("Assumed", document.assumptions, &lines)
        list("Not checked", document.notChecked, &lines)
        list("Reproduce", document.reproduce, &lines)
        list("Report", document.report, &lines)
        return lines.text
    }

    /// The result of `trainaudit diagnose`.
    /// - Parameters:
    ///   - document: The result.
    ///   - history: For the sparkline of the loss.
    ///   - style: Colour and width of the terminal.
    public static func diagnose(
        _ document: DiagnoseDocument,
        history: TrainingHistory? = nil,
        style: TerminalStyle = TerminalStyle()
    ) -> String {
        var lines = TerminalLines(style)
        let first = document.findings.first?.title ?? document.symptoms.first?.summary
        let isHealthy = document.verdict == "healthy"
        if isHealthy, let reason = history.flatMap(Diagnosis.tooLittle) {
            let noted = first.map { "; noted: \($0)" } ?? ""
            verdict("undetermined", "too little to judge: \(reason)\(noted)", &lines)
        } else {
            verdict(
                document.verdict,
                first.map { isHealthy ? "nothing to act on; noted: \($0)" : $0 } ?? "no symptom in the curves",
                &lines
            )
        }
        lines.blank()
        lines.add(label: "log    ", Wording.history(document.history), indent: 2, labelRole: .dim)
        loss(history, &lines)
        findings(document.findings, shards: [], replays: [], &lines)
        if document.findings.isEmpty, let symptom = document.symptoms.first {
            diagnosisTitle(&lines)
            lines.add(label: "", symptom.summary)
            hypotheses(CauseWording(document.hypotheses), document.hypotheses, &lines)
        }
        list("Notes", document.notes, &lines)
        return lines.text
    }

    /// The result of `trainaudit trace`.
    public static func trace(_ document: TraceDocument, style: TerminalStyle = TerminalStyle()) -> String {
        var lines = TerminalLines(style)
        if let step = document.step {
            lines.add("step \(step) · \(SafeText.line(document.loader, limit: 60)) loader", .bold)
        } else {
            lines.add("\(SafeText.line(document.loader, limit: 60)) loader", .bold)
        }
        for run in SpanRun.joined(document.spans) {
            // That the spans are of the traced step goes without saying.
            let isOther = run.steps != document.step.map { $0...$0 }
            lines.add(label: "", run.text(withSteps: isOther, withReader: run.steps != nil), indent: 2)
        }
        for reason in Self.reasons(document.spans) { lines.add("  \(reason)", .warning) }
        if document.spans.isEmpty { lines.add("  no data span is known", .warning) }
        if let steps = document.steps {
            let ranges = steps.map { $0.count == 2 ? NumberText.steps($0[0], $0[1] - 1) ?? "" : "?" }
            lines.add(label: "read in", ranges.isEmpty ? "no step" : ranges.joined(separator: ", "), indent: 2)
        }
        if let epoch = document.epoch { lines.add(label: "pass", "\(epoch) over the data", indent: 2) }
        if let boundary = document.boundary { lines.add(label: "shard boundary", Self.boundary(boundary), indent: 2) }
        for row in document.rows ?? [] {
            lines.blank()
            let place =
                "\(SafeText.line(row.shard, limit: 200)) \(NumberText.range(row.tokens)), rank \(row.rank), "
                + "micro-step \(row.microStep)"
            lines.add(place, .bold)
            let rest = row.omitted > 0 ? " … \(row.omitted) more" : ""
            lines.add(
                label: "tokens",
                row.ids.map(String.init).joined(separator: " ") + rest,
                indent: 2,
                labelRole: .dim
            )
            if let text = row.text { lines.add(label: "text  ", text, indent: 2, labelRole: .dim) }
        }
        list("Notes", document.notes, &lines)
        return lines.text
    }

    /// Why spans are not exact, each reason once.
    private static func reasons(_ spans: [SpanDocument]) -> [String] {
        var found: [String] = []
        for span in spans {
            guard let reason = span.reason.map({ "\(span.confidence): \(SafeText.line($0, limit: 400))" }),
                !found.contains(reason)
            else { continue }
            found.append(reason)
        }
        return found
    }

    /// How near the step is to a boundary, and that most boundaries are quiet.
    private static func boundary(_ boundary: BoundaryDocument) -> String {
        let steps = boundary.distance.magnitude == 1 ? "1 step" : "\(boundary.distance.magnitude) steps"
        let place =
            boundary.distance == 0
            ? "this is the first step that reads"
            : "\(steps) \(boundary.distance > 0 ? "after" : "before") the first that reads"
        let rate =
            boundary.quietBoundaries.map { "\($0) of \(boundary.boundaries) boundaries show no spike" }
            ?? "there is no log to tell how many of \(boundary.boundaries) boundaries show a spike"
        return "\(place) \(SafeText.line(boundary.shard, limit: 200)) (step \(boundary.step)); \(rate)"
    }

    // MARK: - Parts

    static func verdict(_ verdict: String, _ sentence: String, _ lines: inout TerminalLines) {
        let roles: [String: TerminalStyle.Role] = ["healthy": .good, "undetermined": .warning]
        let role = roles[verdict] ?? .bad
        lines.add(label: SafeText.line(verdict, limit: 40) + ":", sentence, labelRole: role, role: .bold)
    }

    private static func loss(_ history: TrainingHistory?, _ lines: inout TerminalLines) {
        guard let history, !history.train.isEmpty else { return }
        let values = history.train.merged().values
        lines.add(
            label: "loss   ",
            sparkline(values, width: min(lines.style.width - 12, 72)),
            indent: 2,
            labelRole: .dim
        )
    }

    private static func diagnosisTitle(_ lines: inout TerminalLines) {
        lines.blank()
        lines.add("Diagnosis", .bold)
        lines.add("=========", .bold)
    }

    /// Findings told in full, and those named after them: many damaged shards must not bury the first.
    private static let (told, named) = (10, 30)

    private static func furtherFindings(_ findings: [FindingDocument], _ lines: inout TerminalLines) {
        guard findings.count > told else { return }
        lines.blank()
        for (index, finding) in findings.enumerated().dropFirst(told).prefix(named) {
            let label = "\(index + 1). [\(SafeText.line(finding.severity, limit: 20))]"
            lines.add(label: label, finding.title, labelRole: lines.style.role(severity: finding.severity))
        }
        let rest = findings.count - told - named
        if rest > 0 { lines.add("and \(NumberText.count(rest, "more finding")); all are in report.json", .dim) }
    }

    private static func findings(
        _ findings: [FindingDocument],
        shards: [ShardDocument],
        replays: [ReplayDocument],
        baseline: [BaselineEntryDocument] = [],
        _ lines: inout TerminalLines
    ) {
        guard !findings.isEmpty else { return }
        diagnosisTitle(&lines)
        for (index, finding) in findings.enumerated().prefix(told) {
            lines.blank()
            let role = lines.style.role(severity: finding.severity)
            let number = findings.count > 1 ? "\(index + 1)." : ""
            lines.add(
                label: [number, "[\(SafeText.line(finding.severity, limit: 20))]"].filter { !$0.isEmpty }
                    .joined(separator: " "),
                finding.title,
                labelRole: role,
                role: .bold
            )
            if let acceptance = finding.accepted {
                lines.add(label: "Baseline:", Wording.acceptance(acceptance), indent: 2)
            } else if let expiry = Wording.expiry(of: finding, in: baseline) {
                lines.add(label: "Baseline:", expiry, indent: 2)
            }
            for symptom in finding.symptoms {
                let steps = NumberText.steps(symptom.firstStep, symptom.lastStep) ?? ""
                lines.add(label: "Seen:", "\(Wording.name(symptom.kind)), \(steps): \(symptom.summary)", indent: 2)
            }
            if !finding.symptoms.isEmpty || finding.hypotheses.isEmpty, let guide = GuideLink(of: finding) {
                lines.add(label: "Guide:", guide.text, indent: 2, labelRole: .dim)
            }
            // Information is told in few lines: ten outliers must not bury what follows.
            let isBrief = finding.severity == "info" && findings.count > 1
            let summaries = Set(finding.symptoms.map(\.summary))
            for sentence in isBrief && !finding.symptoms.isEmpty ? [] : finding.story
            where !summaries.contains(sentence) {
                lines.add(label: "Around:", sentence, indent: 2)
            }
            if !isBrief { spans(finding.spans, shards: shards, &lines) }
            for replay in Wording.replays(of: finding, in: replays).prefix(5) {
                lines.add(label: "Replayed:", "\(Wording.contrast(replay)). \(replay.conclusion)", indent: 2)
            }
            let wording = CauseWording(finding.hypotheses, symptoms: finding.symptoms, shards: shards)
            if isBrief, !finding.hypotheses.isEmpty {
                if let sentence = wording.sentence { lines.add(label: "", sentence, indent: 2) }
                continue
            }
            if !finding.isDisagreement { hypotheses(wording, finding.hypotheses, &lines) }
            if !finding.wouldSharpen.isEmpty, finding.isDisagreement || finding.severity != "info" {
                lines.blank()
                let label = finding.isDisagreement ? "What to do:" : "Would sharpen this:"
                for item in finding.wouldSharpen { lines.add(label: label, item, indent: 2) }
            }
        }
        furtherFindings(findings, &lines)
    }

    private static func spans(_ spans: [SpanDocument], shards: [ShardDocument], _ lines: inout TerminalLines) {
        let (runs, more) = SpanRun.summary(spans, shards: shards, limit: 6)
        for run in runs {
            let damaged = shards.first { $0.name == run.shard && $0.isDamaged }
            lines.add(label: "Fed by:", run.text + (damaged.map { ", \($0.status)" } ?? ""), indent: 2)
        }
        if more > 0 { lines.add("          and \(more) more", .dim) }
    }

    private static func hypotheses(
        _ wording: CauseWording,
        _ hypotheses: [HypothesisDocument],
        _ lines: inout TerminalLines
    ) {
        if let introduction = wording.introduction {
            lines.blank()
            lines.add(introduction, hypotheses.isEmpty ? nil : .bold)
        }
        for (rank, hypothesis) in hypotheses.enumerated() {
            if rank < 3 { lines.blank() }
            let heading = wording.heading(rank) + ":"
            lines.add(label: heading, Wording.name(hypothesis.cause), labelRole: rank == 0 ? .bold : nil, role: .note)
            guard rank < 2 else { continue }
            if let basis = wording.basis(rank) { lines.add(label: "Basis:", basis, indent: 2) }
            for item in wording.evidence(rank) { lines.add(label: "Evidence:", item, indent: 2) }
            for item in hypothesis.evidenceAgainst { lines.add(label: "Against:", item, indent: 2) }
            if !hypothesis.fix.isEmpty { lines.add(label: "Fix:", hypothesis.fix, indent: 2) }
            if !hypothesis.nextTest.isEmpty { lines.add(label: "Next test:", hypothesis.nextTest, indent: 2) }
            let guide = GuideLink(hypothesis.guide, id: hypothesis.cause)
            lines.add(label: "Guide:", guide.text, indent: 2, labelRole: .dim)
        }
    }

    static func list(_ title: String, _ items: [String], _ lines: inout TerminalLines) {
        guard !items.isEmpty else { return }
        lines.blank()
        lines.add(title, .bold)
        for item in items { lines.add(label: "-", item, indent: 2) }
    }
}
