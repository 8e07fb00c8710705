import Diagnosis
import Foundation
import Reporting
import Terms
import Testing

@Suite struct ComparisonTests {
    @Test func findingsAreNewStillThereOrGone() throws {
        let comparison = try #require(Fixture.compared().comparison)
        #expect(
            comparison.findings.map { "\($0.id) \($0.state.rawValue)" } == [
                "loss-spike-241 new", "gradient-at-clip-300 still-there", "loss-spike-100 gone",
            ]
        )
        #expect(
            comparison.shards.map { "\($0.name) \($0.state.rawValue)" } == [
                "\(Fixture.shardNames[1]) gone", "\(Fixture.shardNames[3]) new",
            ]
        )
    }

    @Test func everyReportSaysWhatChanged() throws {
        let report = Fixture.compared()
        let sentence = "Findings: 1 new, 1 still there, 1 gone. Damaged shards: 1 new, 1 gone."
        let files = try ReportFiles.render(report, history: Fixture.history())
        let html = try #require(files.first { $0.name == "report.html" }?.contents)
        #expect(html.contains("<h2 id=\"changes-heading\">Since the last audit</h2>"))
        #expect(html.contains(sentence))
        #expect(html.contains("loss spike at step 100"))
        #expect(
            try #require(files.first { $0.name == "summary.md" }).contents.contains("- gone: loss spike at step 100")
        )
        #expect(TerminalText.audit(report).contains("changes Findings: 1 new"))
    }

    private func spike(_ step: Int) -> Finding {
        Finding(.event(.lossSpike, step: step), title: "", severity: .failure, steps: step...step)
    }

    private func damage(_ origin: Finding.Origin, shards: [String] = []) -> Finding {
        Finding(origin, title: "", severity: .failure, shards: shards)
    }

    /// What becomes of spikes at some steps in the next audit, which has them at others.
    private func changes(from earlier: [Int], to now: [Int]) -> [String] {
        var report = Fixture.anomalous()
        report.findings = now.map(spike)
        let findings = earlier.map {
            PreviousReport.Finding(id: "loss-spike-\($0)", title: "", severity: "failure", firstStep: $0)
        }
        let previous = PreviousReport(run: "r", findings: findings, shards: [])
        return AuditComparison.compare(report, with: previous).findings.map {
            "\($0.id.split(separator: "-")[2]) \($0.state.rawValue)"
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
        #expect(match("loss-spike-100-run2", "loss-spike-150-run2", nil))
        #expect(!match("loss-spike-100-run2", "loss-spike-100", nil), "another run")
        #expect(!match("loss-spike-\(Int.max)", "loss-spike--5", nil))
    }

    @Test func anEntryOfABaselineSilencesOneEvent() throws {
        var report = Fixture.anomalous()
        report.findings = [1985, 2012, 2040].map(spike)
        let accepted = { (entry: String, report: AuditReport) -> [Int] in
            var report = report
            Baseline(entries: [.init(subject: .finding(entry), until: "2026-12-31", reason: "known")])
                .apply(to: &report, today: "2026-12-01")
            return report.findings.indices.filter { report.findings[$0].acceptance != nil }
        }
        #expect(accepted("loss-spike-2012", report) == [1], "the one with the id")
        report.findings.remove(at: 1)
        #expect(accepted("loss-spike-2012", report) == [0], "else the nearest")
        #expect(accepted("loss-spike-2100", report).isEmpty)
    }

    @Test func twoEntriesNeverShareAnEvent() {
        var report = Fixture.anomalous()
        report.findings = [spike(625)]
        Baseline(entries: [
            .init(subject: .finding("loss-spike-660"), until: "2026-12-31", reason: "old"),
            .init(subject: .finding("loss-spike-625"), until: "2026-12-31", reason: "known"),
        ]).apply(to: &report, today: "2026-12-01")
        #expect(report.findings[0].acceptance?.reason == "known")
        #expect(report.baseline?.map(\.state) == [.unused, .accepts])
    }

    /// Whether damage is told shard by shard or together depends on how many there are; the shards are the same.
    @Test func damageThatIsToldTogetherIsStillThere() {
        var report = Fixture.healthy()
        report.findings = [damage(.shards(.missing), shards: ["a", "b", "c", "d"])]
        let single = ["a", "b", "c"].map {
            PreviousReport.Finding(id: "damaged-shard-\($0)", title: "", severity: "failure")
        }
        let more = AuditComparison.compare(report, with: PreviousReport(run: "r", findings: single, shards: []))
        #expect(more.findings.map(\.state) == [.stillThere])
        let group = PreviousReport.Finding(
            id: "damaged-shards-missing",
            title: "",
            severity: "failure",
            shards: ["a", "b"]
        )
        report.findings = [damage(.shard(name: "a"))]
        let fewer = AuditComparison.compare(report, with: PreviousReport(run: "r", findings: [group], shards: []))
        #expect(fewer.findings.map(\.state) == [.stillThere])
        report.findings = []
        let none = AuditComparison.compare(report, with: PreviousReport(run: "r", findings: [group], shards: []))
        #expect(none.findings.map(\.state) == [.gone])
    }

    @Test func acceptingTheFindingOfADamagedShardAcceptsTheShard() throws {
        var report = Fixture.healthy()
        for index in report.shards.indices.prefix(3) { report.shards[index].status = .missing }
        let names = report.shards.map(\.name)
        report.findings = [damage(.shard(name: names[0])), damage(.shards(.missing), shards: [names[1], names[2]])]
        let own = report.findings[0].id
        report.verdict = .anomalous
        var one = report
        let entry = { (id: String) in
            Baseline.Entry(subject: .finding(id), until: "2026-12-31", reason: "on its way")
        }
        Baseline(entries: [entry(own)]).apply(to: &one, today: "2026-12-01")
        #expect(one.shards.map { $0.acceptance != nil }.prefix(3) == [true, false, false])
        #expect(Wording.verdict(one) == "anomalous")
        // Nobody has named the shards of a group by naming the group: tomorrow it may count others.
        var group = report
        Baseline(entries: [entry("damaged-shards-missing")]).apply(to: &group, today: "2026-12-01")
        #expect(group.findings.allSatisfy { $0.acceptance == nil } && group.baseline?.map(\.state) == [.unused])
        let each = names[1...2].map { Baseline.Entry(subject: .shard($0), until: "2026-12-31", reason: "on its way") }
        one = report
        Baseline(entries: [entry(own), each[0]]).apply(to: &one, today: "2026-12-01")
        #expect(one.findings.map { $0.acceptance != nil } == [true, false], "not while one of them is not accepted")
        Baseline(entries: [entry(own)] + each).apply(to: &report, today: "2026-12-01")
        #expect(report.shards.allSatisfy { !$0.isDamaged || $0.acceptance != nil })
        #expect(Wording.verdict(report) == "anomalous, all accepted")
        #expect(try XMLOutline(JUnitReport.xml(report)).elements["failure"] == nil)
    }

    @Test func aBaselineSilencesUntilItsDayAndKeepsTheFindingInTheReport() throws {
        let baseline = Baseline(entries: [
            .init(subject: .finding("loss-spike-230"), until: "2026-12-31", reason: "known"),
            .init(subject: .shard(Fixture.shardNames[3]), until: "2026-12-31", reason: "repair is on its way"),
            .init(subject: .finding("gradient-at-clip-300"), until: "2026-01-01", reason: "old"),
            .init(subject: .shard("absent.bin"), until: "2026-12-31", reason: "x"),
        ])
        var report = Fixture.anomalous()
        baseline.apply(to: &report, today: "2026-12-31")
        #expect(report.findings.map { $0.acceptance?.reason } == ["known", nil])
        #expect(report.shards[3].acceptance?.until == "2026-12-31")
        #expect(report.baseline?.map(\.state) == [.accepts, .accepts, .expired, .unused])
        #expect(report.headline.parts.last == .accepted([report.findings[0].title], more: 0))
        #expect(!report.notChecked.contains { $0.kind == .baseline })

        let files = try ReportFiles.render(report, history: Fixture.history())
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
        #expect(TerminalText.audit(report).contains("Baseline\n"))
        #expect(junit.contains("<testsuite name=\"baseline\" tests=\"4\" failures=\"0\" errors=\"0\" skipped=\"2\""))
        #expect(GitHubAnnotations.commands(report).count == 1, "the warning")
    }

    /// The next audit reads of a report what it compares, whatever texts it holds.
    @Test func whatTheNextAuditReadsIsWhatWasWritten() throws {
        for report in [Fixture.compared(), Fixture.healthy(), Fixture.hostileAudit(), Fixture.everyField()] {
            let text = try JSONOutput.encode(report, voice: report.voice)
            let previous = try JSONOutput.decode(PreviousReport.self, from: Data(text.utf8))
            #expect(previous.schema == AuditReport.schema && previous.run == report.run)
            #expect(previous.findings.map(\.id) == report.findings.map(\.id))
            #expect(previous.findings.map(\.title) == report.findings.map { report.voice.text($0.title) })
            #expect(previous.findings.map(\.severity) == report.findings.map(\.severity.rawValue))
            #expect(previous.findings.map(\.firstStep) == report.findings.map { $0.steps?.lowerBound })
            #expect(previous.findings.map(\.lastStep) == report.findings.map { $0.steps?.upperBound })
            #expect(previous.findings.map { $0.shards ?? [] } == report.findings.map(\.shards))
            #expect(previous.shards.map(\.name) == report.shards.map(\.name))
            #expect(previous.shards.map(\.status) == report.shards.map(\.status.rawValue))
            // Nothing has changed between an audit and itself.
            let comparison = AuditComparison.compare(report, with: previous)
            #expect(comparison.findings.allSatisfy { $0.state == .stillThere })
            #expect(comparison.shards.allSatisfy { $0.state == .stillThere })
        }
    }

    @Test func aReplayOfAnAcceptedFindingIsNoFailure() throws {
        var report = Fixture.anomalous()
        #expect(try JUnitReport.xml(report).contains("type=\"outlier\""))
        for index in report.findings.indices {
            report.findings[index].acceptance = Acceptance(reason: "known", until: "2026-12-31")
        }
        #expect(try !JUnitReport.xml(report).contains("type=\"outlier\""))
    }
}
