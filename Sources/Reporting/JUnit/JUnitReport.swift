import TrainingLogs

/// The audit as JUnit XML, in the dialect that Jenkins, GitLab and GitHub actions all read.
///
/// One case for each check and subject: `shards.integrity` for each shard, `symptoms` for each kind of symptom (so that
/// the names stay the same from run to run), `diagnosis` for each finding, `replay.<precision>` for each replay.
/// What a baseline accepts is skipped, with its reason. Damage and findings of severity `failure` are failures, what could
/// not be read is an error, what does not apply or was not checked is skipped. Schema: Jenkins' `junit-10.xsd`.
public enum JUnitReport {
    /// What readers take is 10 MB and more; cases of tens of thousands of shards must not cost a team all of them.
    package static let limit = 9_000_000

    /// The report as a file.
    /// - Parameters:
    ///   - document: The audit.
    ///   - history: Tells which symptoms the log could show at all; without it none is skipped for that reason.
    ///   - attachments: The report's folder as a CI system finds it, to show the plots of findings and replays beside their
    ///     cases; `nil` attaches none.
    /// - Throws: `EncodingError`; not for any known input.
    public static func xml(
        _ document: AuditDocument,
        history: TrainingHistory? = nil,
        attachments: String? = nil
    ) throws -> String {
        let others =
            [
                suite("symptoms", SymptomCases.cases(document, history: history)),
                suite("diagnosis", findings(document, attachments), properties: properties(document)),
                suite("replay", replays(document, attachments)),
                suite("not checked", notChecked(document.notChecked)),
            ] + (document.baseline.map { [suite("baseline", baseline($0))] } ?? [])
        let room = limit - others.reduce(0) { $0 + $1.size }
        let suites = [suite("shards", fitted(ShardCases.cases(document.shards), into: room))] + others
        let totals = suites.map(\.counts).reduce(Counts()) { $0 + $1 }
        let root = Markup(
            "testsuites",
            [
                "name": "trainaudit \(SafeText.line(document.run, limit: 200))", "tests": "\(totals.tests)",
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

    /// A file of one suite.
    static func xml(run: String, suite name: String, cases: [JUnitCase]) throws -> String {
        let suite = suite(name, cases)
        let root = Markup(
            "testsuites",
            [
                "name": "trainaudit \(SafeText.line(run, limit: 200))", "tests": "\(suite.counts.tests)",
                "failures": "\(suite.counts.failures)", "errors": "\(suite.counts.errors)", "time": "0.000",
            ],
            children: [suite.markup]
        )
        return try root.encoded(isDocument: true)
    }

    struct Counts: Sendable {
        var tests = 0
        var failures = 0
        var errors = 0
        var skipped = 0

        static func + (left: Counts, right: Counts) -> Counts {
            Counts(
                tests: left.tests + right.tests,
                failures: left.failures + right.failures,
                errors: left.errors + right.errors,
                skipped: left.skipped + right.skipped
            )
        }
    }

    private static func suite(
        _ name: String,
        _ cases: [JUnitCase],
        properties: [(name: String, value: String)] = []
    ) -> (markup: Markup, counts: Counts, size: Int) {
        var counts = Counts()
        var size = 200
        var taken: Set<String> = []
        var repeats: [String: Int] = [:]
        var children: [Markup] = []
        // Jenkins' schema allows them to a suite and not to a case.
        let listed =
            properties.isEmpty
            ? []
            : [
                Markup(
                    "properties",
                    children: properties.map {
                        Markup("property", ["name": $0.name, "value": SafeText.line($0.value, limit: 1000)])
                    }
                )
            ]
        for var test in cases {
            // Readers drop a second case of the same class and name.
            let classname = test.classname
            let key = { (name: String) in "\(classname)\u{0}\(name)" }
            let name = test.name
            while !taken.insert(key(test.name)).inserted {
                repeats[key(name), default: 1] += 1
                test.name = "\(name) (\(repeats[key(name), default: 1]))"
            }
            counts.tests += 1
            size += test.size
            switch test.outcome {
            case .passed: break
            case .failed: counts.failures += 1
            case .error: counts.errors += 1
            case .skipped: counts.skipped += 1
            }
            children.append(test.markup)
        }
        let markup = Markup(
            "testsuite",
            [
                "name": name, "tests": "\(counts.tests)", "failures": "\(counts.failures)",
                "errors": "\(counts.errors)",
                "skipped": "\(counts.skipped)", "time": "0.000",
            ],
            children: listed + children
        )
        return (markup, counts, size)
    }

    /// What the audit came to, for readers that show properties.
    private static func properties(_ document: AuditDocument) -> [(name: String, value: String)] {
        var properties = [
            (name: "trainaudit.run", value: document.run), ("trainaudit.verdict", document.verdict),
            ("trainaudit.headline", document.headline),
        ]
        if let history = document.history { properties.append(("trainaudit.log", Wording.history(history))) }
        if !document.shards.isEmpty {
            properties.append(("trainaudit.shards", Wording.shardCounts(document.shards)))
        }
        return properties
    }

    /// The plots of the report that are one finding's or replay's, as paths that a CI system can follow.
    private static func attached(_ names: [String], _ document: AuditDocument, in folder: String?) -> [String] {
        guard let folder else { return [] }
        return names.filter(document.report.contains).map { folder.isEmpty ? $0 : folder + "/" + $0 }
    }

    private static func findings(_ document: AuditDocument, _ folder: String?) -> [JUnitCase] {
        document.findings.enumerated().map { index, finding in
            var test = test(finding, document)
            test.attachments = attached(["plots/finding-\(index + 1).svg"], document, in: folder)
            return test
        }
    }

    private static func test(_ finding: FindingDocument, _ document: AuditDocument) -> JUnitCase {
        let text = story(finding, document)
        let outcome: JUnitCase.Outcome =
            if let acceptance = finding.accepted, finding.severity == "failure" {
                .skipped(message: Wording.acceptance(acceptance))
            } else if finding.severity == "failure" {
                .failed(type: "finding", message: finding.title, text: text)
            } else {
                .passed(output: text)
            }
        return JUnitCase(classname: "diagnosis", name: finding.id, outcome: outcome)
    }

    private static func story(_ finding: FindingDocument, _ document: AuditDocument) -> String {
        var lines: [String] = ["\(finding.title) (\(finding.severity))"]
        lines += finding.symptoms.prefix(20).map { "Seen: \(Wording.name($0.kind)): \($0.summary)" }
        if finding.symptoms.isEmpty { lines += finding.story.prefix(12).map { "Seen: \($0)" } }
        if !finding.symptoms.isEmpty || finding.hypotheses.isEmpty, let guide = GuideLink(of: finding) {
            lines.append("Guide: \(guide.text)")
        }
        let (runs, more) = SpanRun.summary(finding.spans, shards: document.shards, limit: 20)
        lines += runs.map { "Fed by: \($0.text)" }
        if more > 0 { lines.append("and \(more) more") }
        for replay in Wording.replays(of: finding, in: document.replays).prefix(5) {
            lines.append("Replayed: \(Wording.contrast(replay)). \(replay.conclusion)")
        }
        if finding.isDisagreement {
            lines += finding.wouldSharpen.prefix(3).map { "What to do: \($0)" }
        }
        let wording = CauseWording(finding, in: document)
        if let introduction = wording.introduction, !finding.hypotheses.isEmpty { lines.append(introduction) }
        for (rank, hypothesis) in finding.hypotheses.enumerated() {
            lines.append("\(wording.heading(rank)): \(Wording.name(hypothesis.cause))")
            guard rank < 2 else { continue }
            if let basis = wording.basis(rank) { lines.append("  Basis: \(basis)") }
            lines += wording.evidence(rank).map { "  Evidence: \($0)" }
            lines += hypothesis.evidenceAgainst.map { "  Against: \($0)" }
            if !hypothesis.fix.isEmpty { lines.append("  Fix: \(hypothesis.fix)") }
            if !hypothesis.nextTest.isEmpty { lines.append("  Next test: \(hypothesis.nextTest)") }
            lines.append("  Guide: \(GuideLink(hypothesis.guide, id: hypothesis.cause).text)")
        }
        return lines.map { SafeText.line($0, limit: 1000) }.joined(separator: "\n")
    }

    private static func replays(_ document: AuditDocument, _ folder: String?) -> [JUnitCase] {
        document.replays.enumerated().map { index, replay in
            let isFinite = replay.loss.value.isFinite && replay.firstNonFinite == nil
            let isOutlier = (replay.zScore?.value ?? 0) >= 6
            var text = Wording.contrast(replay) + (replay.firstNonFinite.map { "\n" + Wording.nonFinite($0) } ?? "")
            for line in ExperimentText.lines(replay) { text += "\n\(line.term): \(line.value)" }
            let isSound = isFinite && !isOutlier
            // What a baseline accepts is no failure here either.
            let told = document.findings.filter { !Wording.replays(of: $0, in: [replay]).isEmpty }
            let acceptance = told.allSatisfy { $0.accepted != nil } ? told.first?.accepted : nil
            let outcome: JUnitCase.Outcome =
                if isSound {
                    .passed(output: "\(replay.conclusion)\n\(text)")
                } else if let acceptance {
                    .skipped(message: Wording.acceptance(acceptance))
                } else {
                    .failed(type: isFinite ? "outlier" : "non-finite", message: replay.conclusion, text: text)
                }
            let name = "step \(replay.step) from \(replay.checkpoint)"
            var test = JUnitCase(classname: "replay.\(replay.precision)", name: name, outcome: outcome)
            let names = ["losses", "operations"].map { "plots/replay-\(index + 1)-\($0).svg" }
            test.attachments = attached(names, document, in: folder)
            return test
        }
    }

    /// An entry that has expired or matches nothing is no failure by itself: what it was about counts by itself.
    private static func baseline(_ entries: [BaselineEntryDocument]) -> [JUnitCase] {
        zip(entries, Wording.baseline(entries)).map { entry, sentence in
            let isInUse = entry.state == "accepts"
            return JUnitCase(
                classname: "baseline",
                name: entry.finding ?? entry.shard ?? "",
                outcome: isInUse ? .passed(output: sentence) : .skipped(message: sentence)
            )
        }
    }

    private static func notChecked(_ items: [String]) -> [JUnitCase] {
        items.map { item in
            // What comes before the reason stays the same from night to night, but for its numbers.
            let subject = item.split(separator: ": ", maxSplits: 1).first.map(String.init) ?? item
            let name = subject.replacing("`", with: "").replacing(#/[0-9]+/#, with: "N")
            return JUnitCase(classname: "audit", name: name.isEmpty ? item : name, outcome: .skipped(message: item))
        }
    }
}
