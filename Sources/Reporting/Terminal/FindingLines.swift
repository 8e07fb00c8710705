import Diagnosis
import Terms

/// Findings as lines: the gravest in full, further ones by their titles.
struct FindingLines {
    var voice: Voice
    var findings: [Finding]
    var shards: [ShardReport] = []
    var replays: [ReplayReport] = []
    var baseline: [BaselineOutcome] = []

    /// How many findings are printed in full, and how many by their titles after them: many damaged shards must not bury the
    /// first.
    private static let (full, named) = (10, 30)

    /// Adds the section; nothing without findings.
    func add(to lines: inout TerminalLines) {
        guard !findings.isEmpty else { return }
        lines.blank()
        lines.add("Diagnosis", .bold)
        lines.add("=========", .bold)
        for (index, finding) in findings.prefix(Self.full).enumerated() {
            lines.blank()
            heading(finding, findings.count > 1 ? index + 1 : nil, titleRole: .bold, &lines)
            add(finding, to: &lines)
        }
        guard findings.count > Self.full else { return }
        lines.blank()
        for (index, finding) in findings.enumerated().dropFirst(Self.full).prefix(Self.named) {
            heading(finding, index + 1, &lines)
        }
        let rest = findings.count - Self.full - Self.named
        if rest > 0 { lines.add("and \(NumberText.count(rest, "more finding")); all are in report.json", .dim) }
    }

    private func heading(
        _ finding: Finding,
        _ number: Int?,
        titleRole: TerminalStyle.Role? = nil,
        _ lines: inout TerminalLines
    ) {
        let label = (number.map { "\($0). " } ?? "") + "[\(finding.severity.rawValue)]"
        let role = lines.style.role(finding.severity)
        lines.add(label: label, voice.of(finding).text(finding.title), labelRole: role, role: titleRole)
    }

    private func add(_ finding: Finding, to lines: inout TerminalLines) {
        let voice = voice.of(finding)
        if let acceptance = finding.acceptance {
            lines.add(label: "Baseline:", Wording.acceptance(acceptance), indent: 2)
        } else if let expiry = Wording.expiry(of: finding, in: baseline) {
            lines.add(label: "Baseline:", expiry, indent: 2)
        }
        for symptom in finding.symptoms {
            let steps = NumberText.steps(symptom.firstStep, symptom.lastStep) ?? ""
            let text = "\(Wording.name(symptom.kind)), \(steps): \(voice.text(symptom.summary))"
            lines.add(label: "Seen:", text, indent: 2)
        }
        if !finding.symptoms.isEmpty || finding.hypotheses.isEmpty {
            lines.add(label: "Guide:", GuideLink(of: finding, voice).text, indent: 2, labelRole: .dim)
        }
        // Information takes few lines: ten outliers must not bury what follows.
        let isBrief = finding.severity == .info && findings.count > 1
        if !isBrief || finding.symptoms.isEmpty {
            let seen = Set(finding.symptoms.map(\.summary))
            for sentence in finding.story where !seen.contains(sentence) {
                lines.add(label: "Around:", voice.text(sentence), indent: 2)
            }
        }
        if !isBrief { spans(finding.spans, &lines) }
        for replay in Wording.replays(of: finding, in: replays).prefix(5) {
            lines.add(label: "Replayed:", "\(Wording.contrast(replay)). \(replay.conclusion)", indent: 2)
        }
        let wording = CauseWording(finding, voice)
        if isBrief, let sentence = wording.sentence { return lines.add(label: "", sentence, indent: 2) }
        if !finding.isDisagreement { causes(finding, wording, voice, &lines) }
        let missing = finding.severity > .info ? finding.missing.map { voice.text($0) } : []
        remarks("Would make it surer:", missing, &lines)
        remarks("What to do:", finding.advice.map { voice.text($0) }, &lines)
    }

    private func spans(_ spans: [TracedSpan], _ lines: inout TerminalLines) {
        let (runs, more) = SpanRun.summary(spans, shards: shards, limit: 6)
        for run in runs {
            let damaged = shards.first { $0.name == run.shard && $0.isDamaged }
            let state = damaged.map { ", \($0.status.rawValue)" } ?? ""
            lines.add(label: "Fed by:", run.text + state, indent: 2)
        }
        if more > 0 { lines.add("          and \(more) more", .dim) }
    }

    private func causes(_ finding: Finding, _ wording: CauseWording, _ voice: Voice, _ lines: inout TerminalLines) {
        if let introduction = wording.introduction {
            lines.blank()
            lines.add(introduction, finding.hypotheses.isEmpty ? nil : .bold)
        }
        for (rank, hypothesis) in finding.hypotheses.enumerated() {
            if rank < 3 { lines.blank() }
            let heading = wording.heading(rank) + ":"
            lines.add(label: heading, Wording.name(hypothesis.cause), labelRole: rank == 0 ? .bold : nil, role: .note)
            guard rank < 2 else { continue }
            if let basis = wording.basis(rank) { lines.add(label: "Basis:", basis, indent: 2) }
            for item in wording.evidenceFor(rank) { lines.add(label: "Evidence:", item, indent: 2) }
            for item in wording.evidenceAgainst(rank) { lines.add(label: "Against:", item, indent: 2) }
            if let fix = wording.fix(rank) { lines.add(label: "Fix:", fix, indent: 2) }
            if let test = wording.nextTest(rank) { lines.add(label: "Next test:", test, indent: 2) }
            let guide = GuideLink(id: hypothesis.cause.rawValue, voice)
            lines.add(label: "Guide:", guide.text, indent: 2, labelRole: .dim)
        }
    }

    private func remarks(_ label: String, _ items: [String], _ lines: inout TerminalLines) {
        guard !items.isEmpty else { return }
        lines.blank()
        for item in items { lines.add(label: label, item, indent: 2) }
    }
}
