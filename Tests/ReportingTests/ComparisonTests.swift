import Foundation
import Reporting
import Testing

@Suite struct ComparisonTests {
    @Test func findingsAreNewStillThereOrGone() throws {
        let comparison = try #require(Fixture.compared().comparison)
        #expect(
            comparison.findings.map { "\($0.id) \($0.state)" } == [
                "loss-spike-241 new", "gradient-at-clip-300 still-there", "loss-spike-100 gone",
            ]
        )
        #expect(
            comparison.shards.map { "\($0.name) \($0.state)" } == [
                "\(Fixture.shardNames[1]) gone", "\(Fixture.shardNames[3]) new",
            ]
        )
    }

    @Test func everyReportSaysWhatChanged() throws {
        let document = Fixture.compared()
        let sentence = "Findings: 1 new, 1 still there, 1 gone. Damaged shards: 1 new, 1 gone."
        let files = try AuditReport.render(document, history: Fixture.history())
        let html = try #require(files.first { $0.name == "report.html" }?.contents)
        #expect(html.contains("<h2 id=\"changes-heading\">Since the last audit</h2>"))
        #expect(html.contains(sentence))
        #expect(html.contains("loss spike at step 100"))
        #expect(
            try #require(files.first { $0.name == "summary.md" }).contents.contains("- gone: loss spike at step 100")
        )
        #expect(TerminalText.audit(document).contains("changes Findings: 1 new"))
    }

    /// What becomes of spikes at some steps in the next audit, which has them at others.
    private func changes(from earlier: [Int], to now: [Int]) -> [String] {
        var document = Fixture.anomalous()
        document.findings = now.map {
            FindingDocument(id: "loss-spike-\($0)", title: "", severity: "failure", firstStep: $0, lastStep: $0)
        }
        let findings = earlier.map {
            PreviousReport.Finding(id: "loss-spike-\($0)", title: "", severity: "failure", firstStep: $0)
        }
        let previous = PreviousReport(run: "r", findings: findings, shards: [])
        return AuditComparison.compare(document, with: previous).findings.map {
            "\($0.id.split(separator: "-")[2]) \($0.state)"
        }
    }

    @Test func ofTwoSpikesEachFindsItsOwn() {
        #expect(changes(from: [310, 330], to: [300, 310]) == ["300 still-there", "310 still-there"])
        #expect(
            changes(from: [100, 151], to: [150, 201]) == ["150 still-there", "201 new", "100 gone"],
            "the nearest"
        )
    }

    @Test func anEventIsTheSameWhenItsEdgeMovesALittle() {
        let match = { (one: String, other: String, steps: ClosedRange<Int>?) in
            FindingMatch(id: one).matches(FindingMatch(id: other), covering: steps)
        }
        #expect(match("loss-spike-100", "loss-spike-150", nil))
        #expect(!match("loss-spike-100", "loss-spike-151", nil))
        #expect(match("loss-spike-100000", "loss-spike-100900", nil), "1 % of the step")
        #expect(match("loss-plateau-500", "loss-plateau-100", 100...900), "inside the event")
        #expect(!match("loss-spike-100", "loss-dip-100", nil))
        #expect(!match("damaged-shard-a-1", "damaged-shard-a-2", nil), "a shard's number is no step")
        #expect(match("loss-spike-100-stage2", "loss-spike-150-stage2", nil))
        #expect(!match("loss-spike-100-stage2", "loss-spike-100", nil), "another stage of training")
        #expect(!match("loss-spike-\(Int.max)", "loss-spike--5", nil))
    }

    @Test func anEntryOfABaselineSilencesOneEvent() throws {
        var document = Fixture.anomalous()
        document.findings = [1985, 2012, 2040].map { (step: Int) in
            FindingDocument(id: "loss-spike-\(step)", title: "", severity: "failure", firstStep: step, lastStep: step)
        }
        let accepted = { (entry: String, document: AuditDocument) -> [Int] in
            var document = document
            Baseline(entries: [.init(subject: .finding(entry), until: "2026-12-31", reason: "known")])
                .apply(to: &document, today: "2026-12-01")
            return document.findings.indices.filter { document.findings[$0].accepted != nil }
        }
        #expect(accepted("loss-spike-2012", document) == [1], "the one with the id")
        document.findings.remove(at: 1)
        #expect(accepted("loss-spike-2012", document) == [0], "else the nearest")
        #expect(accepted("loss-spike-2100", document).isEmpty)
    }

    @Test func twoEntriesNeverShareAnEvent() {
        var document = Fixture.anomalous()
        document.findings = [
            FindingDocument(id: "loss-spike-625", title: "", severity: "failure", firstStep: 625, lastStep: 625)
        ]
        Baseline(entries: [
            .init(subject: .finding("loss-spike-660"), until: "2026-12-31", reason: "old"),
            .init(subject: .finding("loss-spike-625"), until: "2026-12-31", reason: "known"),
        ]).apply(to: &document, today: "2026-12-01")
        #expect(document.findings[0].accepted?.reason == "known")
        #expect(document.baseline?.map(\.state) == ["unused", "accepts"])
    }

    /// Whether damage is told shard by shard or together depends on how many there are; the shards are the same.
    @Test func damageThatIsToldTogetherIsStillThere() {
        var document = Fixture.healthy()
        document.findings = [
            FindingDocument(id: "damaged-shards-missing", title: "", severity: "failure", shards: ["a", "b", "c", "d"])
        ]
        let single = ["a", "b", "c"].map {
            PreviousReport.Finding(id: "damaged-shard-\($0)", title: "", severity: "failure")
        }
        let more = AuditComparison.compare(document, with: PreviousReport(run: "r", findings: single, shards: []))
        #expect(more.findings.map(\.state) == ["still-there"])
        let group = PreviousReport.Finding(
            id: "damaged-shards-missing",
            title: "",
            severity: "failure",
            shards: ["a", "b"]
        )
        document.findings = [FindingDocument(id: "damaged-shard-a", title: "", severity: "failure")]
        let fewer = AuditComparison.compare(document, with: PreviousReport(run: "r", findings: [group], shards: []))
        #expect(fewer.findings.map(\.state) == ["still-there"])
        document.findings = []
        let none = AuditComparison.compare(document, with: PreviousReport(run: "r", findings: [group], shards: []))
        #expect(none.findings.map(\.state) == ["gone"])
    }

    @Test func acceptingTheFindingOfADamagedShardAcceptsTheShard() throws {
        var document = Fixture.healthy()
        for index in document.shards.indices.prefix(3) { document.shards[index].status = "missing" }
        let own = "damaged-shard-\(document.shards[0].name)"
        let names = document.shards.map(\.name)
        document.findings = [
            FindingDocument(id: own, title: own, severity: "failure"),
            FindingDocument(
                id: "damaged-shards-missing",
                title: "",
                severity: "failure",
                shards: [names[1], names[2]]
            ),
        ]
        document.verdict = "anomalous"
        var one = document
        let entry = { (id: String) in
            Baseline.Entry(subject: .finding(id), until: "2026-12-31", reason: "on its way")
        }
        Baseline(entries: [entry(own)]).apply(to: &one, today: "2026-12-01")
        #expect(one.shards.map { $0.accepted != nil }.prefix(3) == [true, false, false])
        #expect(Wording.verdict(one) == "anomalous")
        // Nobody has named the shards of a group by naming the group: tomorrow it may count others.
        var group = document
        Baseline(entries: [entry("damaged-shards-missing")]).apply(to: &group, today: "2026-12-01")
        #expect(group.findings.allSatisfy { $0.accepted == nil } && group.baseline?.map(\.state) == ["unused"])
        let each = names[1...2].map { Baseline.Entry(subject: .shard($0), until: "2026-12-31", reason: "on its way") }
        one = document
        Baseline(entries: [entry(own), each[0]]).apply(to: &one, today: "2026-12-01")
        #expect(one.findings.map { $0.accepted != nil } == [true, false], "not while one of them is not accepted")
        Baseline(entries: [entry(own)] + each).apply(to: &document, today: "2026-12-01")
        #expect(document.shards.allSatisfy { !$0.isDamaged || $0.accepted != nil })
        #expect(Wording.verdict(document) == "anomalous, all accepted")
        #expect(try XMLOutline(JUnitReport.xml(document)).elements["failure"] == nil)
    }

    @Test func aBaselineSilencesUntilItsDayAndKeepsTheFindingInTheReport() throws {
        let baseline = Baseline(entries: [
            .init(subject: .finding("loss-spike-230"), until: "2026-12-31", reason: "known"),
            .init(subject: .shard(Fixture.shardNames[3]), until: "2026-12-31", reason: "repair is on its way"),
            .init(subject: .finding("gradient-at-clip-300"), until: "2026-01-01", reason: "old"),
            .init(subject: .shard("absent.bin"), until: "2026-12-31", reason: "x"),
        ])
        var document = Fixture.anomalous()
        baseline.apply(to: &document, today: "2026-12-31")
        #expect(document.findings.map { $0.accepted?.reason } == ["known", nil])
        #expect(document.shards[3].accepted?.until == "2026-12-31")
        #expect(document.baseline?.map(\.state) == ["accepts", "accepts", "expired", "unused"])
        #expect(document.headline.hasSuffix(" · accepted by the baseline: \(document.findings[0].title)"))
        #expect(!document.notChecked.contains { $0.contains("baseline") })

        let files = try AuditReport.render(document, history: Fixture.history())
        let junit = try #require(files.first { $0.name == "junit.xml" }?.contents)
        #expect(junit.contains("accepted until 2026-12-31: known"))
        #expect(try XMLOutline(junit).elements["failure"] == nil, "not the replay of what is accepted either")
        for name in ["report.html", "summary.md"] {
            let text = try #require(files.first { $0.name == name }?.contents)
            #expect(text.contains("accepted until 2026-12-31"), "\(name)")
            #expect(text.contains("expired on 2026-01-01 and counts again"), "\(name)")
            #expect(text.contains("matches nothing in this audit"), "\(name)")
            #expect(text.contains("within 50 steps or 1 % of the step"), "\(name): the entry names step 230")
        }
        #expect(TerminalText.audit(document).contains("Baseline\n"))
        #expect(junit.contains("<testsuite name=\"baseline\" tests=\"4\" failures=\"0\" errors=\"0\" skipped=\"2\""))
        #expect(GitHubAnnotations.commands(document).count == 1, "the warning")
    }

    @Test func aReportReadsBackAsItWasWritten() throws {
        var hostile = Fixture.hostileAudit()
        #expect(
            try JSONOutput.decode(AuditDocument.self, from: Data(JSONOutput.encode(hostile).utf8)).run == hostile.run
        )
        // A confidence that is not a number equals none, itself included.
        for finding in hostile.findings.indices { hostile.findings[finding].hypotheses = [] }
        for document in [Fixture.compared(), Fixture.healthy(), hostile] {
            let text = try JSONOutput.encode(document)
            #expect(try JSONOutput.decode(AuditDocument.self, from: Data(text.utf8)) == document)
        }
    }

    @Test func aReplayOfAnAcceptedFindingIsNoFailure() throws {
        var document = Fixture.anomalous()
        #expect(try JUnitReport.xml(document).contains("type=\"outlier\""))
        for index in document.findings.indices {
            document.findings[index].accepted = AcceptanceDocument(reason: "known", until: "2026-12-31")
        }
        #expect(try !JUnitReport.xml(document).contains("type=\"outlier\""))
    }
}
