import Terms
import TrainingLogs

/// The audit as JUnit XML, in the dialect that Jenkins, GitLab and GitHub actions all read.
///
/// One case for each check and subject: `shards.integrity` for each shard, `symptoms` for each kind of symptom (so that
/// the names stay the same from run to run), `diagnosis` for each finding, `replay.<precision>` for each replay.
/// What a baseline accepts is skipped, with its reason. Damage and findings of severity `failure` are failures, what could
/// not be read is an error, what does not apply or was not checked is skipped. Where too little is known for a verdict, the
/// case `verdict` is skipped, so that no reader takes the run for one that passed. Schema: Jenkins' `junit-10.xsd`.
public enum JUnitReport {
    /// What readers take is 10 MB and more; cases of tens of thousands of shards must not cost a team all of them.
    package static let limit = 9_000_000

    /// The report as a file.
    /// - Parameters:
    ///   - report: The audit.
    ///   - history: Shows which symptoms the log could show at all; without it none is skipped for that reason.
    ///   - attachments: The report's folder as a CI system finds it, to show the plots of findings and replays beside their
    ///     cases; `nil` attaches none.
    /// - Throws: `EncodingError`; not for any known input.
    public static func xml(
        _ report: AuditReport,
        history: TrainingHistory? = nil,
        attachments: String? = nil
    ) throws -> String {
        var others = [
            JUnitSuite("symptoms", SymptomCases.cases(report, history: history)),
            JUnitSuite(
                "diagnosis",
                FindingCases.cases(report, attachments: attachments),
                properties: properties(report)
            ),
            JUnitSuite("replay", ReplayCases.cases(report, attachments: attachments)),
            JUnitSuite("not checked", notChecked(report)),
        ]
        if case .undetermined(let doubt) = report.verdict {
            let outcome = JUnitCase.Outcome.skipped(message: "undetermined: \(Voice.text(doubt))")
            others.append(JUnitSuite("verdict", [JUnitCase(classname: "audit", name: "verdict", outcome: outcome)]))
        }
        if let entries = report.baseline { others.append(JUnitSuite("baseline", baseline(entries))) }
        let room = limit - others.reduce(0) { $0 + $1.size }
        let shards = JUnitSuite("shards", fitted(ShardCases.cases(report.shards), into: room))
        return try xml(run: report.run, suites: [shards] + others)
    }

    /// A file of suites.
    static func xml(run: String, suites: [JUnitSuite]) throws -> String {
        let totals = suites.map(\.counts).reduce(JUnitSuite.Counts()) { $0 + $1 }
        let root = Markup(
            "testsuites",
            [
                "name": "trainaudit \(SafeText.line(run, limit: 200))", "tests": "\(totals.tests)",
                "failures": "\(totals.failures)", "errors": "\(totals.errors)", "time": "0.000",
            ],
            children: suites.map(\.markup)
        )
        return try root.encoded(isDocument: true)
    }

    /// The cases that a file has room for: all with their texts, all with a line each, or those that say what is wrong and a
    /// count of the rest.
    static func fitted(_ cases: [JUnitCase], into room: Int) -> [JUnitCase] {
        let size = { (cases: [JUnitCase]) in cases.reduce(0) { $0 + $1.size } }
        guard size(cases) > room else { return cases }
        let short = cases.map(\.shortened)
        guard size(short) > room else { return short }
        // What is wrong first, then what was not judged, then what is sound; each remainder is counted as what it is.
        var (kept, used) = ([JUnitCase](), 2000)
        for (kind, title) in [(JUnitCase.Kind.problem, "failing"), (.skipped, "skipped"), (.passed, "sound")] {
            var left = 0
            for test in short where test.kind == kind {
                if left == 0, used + test.size <= room {
                    kept.append(test)
                    used += test.size
                } else {
                    left += 1
                }
            }
            guard left > 0 else { continue }
            let text = "\(NumberText.grouped(left)) more \(title) cases are not listed: too many for one file"
            let outcome: JUnitCase.Outcome =
                switch kind {
                case .problem: .failed(type: "not listed", message: text, text: "report.json has all of them")
                case .skipped: .skipped(message: text)
                case .passed: .passed(output: text)
                }
            kept.append(JUnitCase(classname: "shards", name: "not listed, \(title)", outcome: outcome))
        }
        return kept
    }

    /// What the audit came to, for readers that show properties.
    private static func properties(_ report: AuditReport) -> [(name: String, value: String)] {
        var properties = [
            (name: "trainaudit.run", value: report.run), ("trainaudit.verdict", report.verdict.id),
            ("trainaudit.headline", report.headline.text(report.voice)),
        ]
        if let history = report.history { properties.append(("trainaudit.log", Wording.history(history))) }
        if !report.shards.isEmpty { properties.append(("trainaudit.shards", Wording.shardCounts(report.shards))) }
        return properties
    }

    /// The plots of the report that are one finding's or replay's, as paths that a CI system can follow.
    static func attached(_ names: [String], _ report: AuditReport, in folder: String?) -> [String] {
        guard let folder else { return [] }
        return names.filter(report.files.contains).map { folder.isEmpty ? $0 : folder + "/" + $0 }
    }

    /// An entry that has expired or matches nothing is no failure by itself: what it was about counts by itself.
    private static func baseline(_ entries: [BaselineOutcome]) -> [JUnitCase] {
        zip(entries, Wording.baseline(entries)).map { entry, sentence in
            JUnitCase(
                classname: "baseline",
                name: entry.finding ?? entry.shard ?? "",
                outcome: entry.state == .accepts ? .passed(output: sentence) : .skipped(message: sentence)
            )
        }
    }

    /// What was not checked. The names stay the same from night to night.
    private static func notChecked(_ report: AuditReport) -> [JUnitCase] {
        report.notChecked.map { item in
            JUnitCase(
                classname: "audit",
                name: item.kind.rawValue + (item.subject.map { ": \($0)" } ?? ""),
                outcome: .skipped(message: report.voice.text(item.text))
            )
        }
    }
}
