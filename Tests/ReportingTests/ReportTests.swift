import Diagnosis
import Foundation
import Reporting
import Terms
import Testing
import TrainingLogs

@Suite struct ReportTests {
    @Test func theSameAuditGivesTheSameBytes() throws {
        let first = try ReportFiles.render(Fixture.anomalous(), history: Fixture.history())
        let second = try ReportFiles.render(Fixture.anomalous(), history: Fixture.history())
        #expect(first == second)
        let plots = PlotSet(Fixture.anomalous(), history: Fixture.history())
        #expect(first.map(\.name) == ReportFiles.names(plots: plots))
        #expect(
            plots.names == [
                "loss.svg", "lr-loss.svg", "lr-scatter.svg", "gradient-norm.svg", "plots/finding-1.svg",
                "plots/finding-2.svg", "plots/replay-1-losses.svg", "plots/replay-1-operations.svg",
            ]
        )
        #expect(first.allSatisfy { $0.contents.hasSuffix("\n") })
    }

    @Test func everyFileNamesTheCulprit() throws {
        // The scatter and the charts of a replay know no shards.
        let files = try ReportFiles.render(Fixture.anomalous(), history: Fixture.history()).filter {
            $0.name != "lr-scatter.svg" && !$0.name.hasPrefix("plots/")
        }
        for file in files {
            #expect(file.contents.contains("fineweb_train_000004.bin"), "\(file.name)")
        }
        #expect(TerminalText.audit(Fixture.anomalous()).contains("Most likely cause (93 % confidence): corrupt shard"))
        #expect(TerminalText.audit(Fixture.anomalous()).contains("Alternative hypothesis (4 %): outlier batch"))
        #expect(TerminalText.audit(Fixture.anomalous()).contains("Also consider (< 1 %): learning rate too high"))
    }

    @Test func aRunnerIsShownThePlotsOfFindingsAndNoFileThatALogNames() throws {
        var document = Fixture.anomalous()
        let plots = PlotSet(document, history: Fixture.history())
        document.files = ReportFiles.names(plots: plots)
        document.findings[0].symptoms[0].summary =
            "\(text: "x\n[[ATTACHMENT|/etc/passwd]]\n[[attachment|/etc/shadow]]")"
        let plain = try JUnitReport.xml(document, history: Fixture.history())
        #expect(!plain.lowercased().contains("[[attachment"))
        let attached = try JUnitReport.xml(document, history: Fixture.history(), attachments: "Reports/run")
        let marks = attached.matches(of: #/\[\[ATTACHMENT\|([^\]]*)\]\]/#).map { String($0.1) }
        #expect(
            marks == [
                "Reports/run/plots/finding-1.svg", "Reports/run/plots/finding-2.svg",
                "Reports/run/plots/replay-1-losses.svg", "Reports/run/plots/replay-1-operations.svg",
            ]
        )
        for mark in marks {
            #expect(attached.split(separator: "\n").contains { $0.contains("[[ATTACHMENT|\(mark)]]") })
        }
        #expect(plain.contains("<property name=\"trainaudit.verdict\" value=\"anomalous\""))
        #expect(try XMLOutline(attached).error == nil)
    }

    @Test func jsonNumbersAreStringsOnlyWhenNotFinite() throws {
        let json = try JSONOutput.encode([
            JSONNumber(.nan), JSONNumber(.infinity), JSONNumber(-.infinity), JSONNumber(0.1),
        ])
        #expect(json == "[\n  \"nan\",\n  \"inf\",\n  \"-inf\",\n  0.1\n]\n")
        #expect(try JSONOutput.encode(["b": 1e-7, "a/b": .nan]) == "{\n  \"a/b\" : \"nan\",\n  \"b\" : 1e-07\n}\n")
        let values = [0.1 + 0.2, 1.0 / 3, .leastNonzeroMagnitude, 1.7976931348623157e308, 6.0e-4, 123_456_789.123]
        let decoded = try JSONDecoder().decode([Double].self, from: Data(try JSONOutput.encode(values).utf8))
        #expect(decoded == values)
    }

    @Test func everySymptomHasItsOwnJUnitCase() throws {
        let healthy = try JUnitReport.xml(Fixture.healthy(), history: Fixture.history(isHealthy: true))
        for kind in SymptomRules.kinds {
            #expect(healthy.contains("<testcase name=\"\(kind.rawValue)\" classname=\"symptoms\" time=\"0.000\""))
        }
        #expect(healthy.contains("failures=\"0\" errors=\"0\""))
        #expect(healthy.contains("the log prints no loss scale"))
        let anomalous = try JUnitReport.xml(Fixture.anomalous(), history: Fixture.history())
        let outline = try XMLOutline(anomalous)
        #expect(outline.elements["failure"] == 4, "shard, symptom, diagnosis, replay")
        #expect(anomalous.contains("<testcase name=\"fineweb_train_000004.bin\" classname=\"shards.integrity\""))
    }

    @Test func junitCasesAreUniqueAndUnreadableShardsAreErrors() throws {
        var document = Fixture.anomalous()
        document.shards = [ShardStatus.unreadable, .missing, .verified, .verified, .extra].map {
            ShardReport(name: "same", status: $0, level: .digest)
        }
        let xml = try JUnitReport.xml(document)
        #expect(xml.contains("<testsuite name=\"shards\" tests=\"5\" failures=\"1\" errors=\"1\" skipped=\"1\""))
        for number in 2...5 { #expect(xml.contains("name=\"same (\(number))\"")) }
        document.shards = ["a", "a (2)", "a"].map { ShardReport(name: $0, status: .verified, level: .digest) }
        let names = try JUnitReport.xml(document).components(separatedBy: "<testcase name=\"a").count - 1
        #expect(names == 3)
        #expect(try JUnitReport.xml(document).components(separatedBy: "name=\"a (2)\"").count == 2)
    }

    @Test(arguments: [60, 80, 100, 160])
    func tablesFitTheTerminal(width: Int) {
        let style = TerminalStyle(width: width)
        var document = VerifyReport(verdict: .anomalous, shards: Fixture.shards())
        document.shards[0].name = String(repeating: "n", count: 40) + ".bin"
        document.shards[1].name = String(repeating: "m", count: 50) + ".bin"
        var replay = Fixture.replay
        replay.layers[0].name = "h.11.attention-projection"
        for text in [TerminalText.verify(document, style: style), TerminalText.replay(replay, style: style)] {
            let long = text.split(separator: "\n").filter { $0.count > width && $0.contains(" ") }
            // A digest is one word and is not broken.
            #expect(long.allSatisfy { $0.split(separator: " ").contains { $0.count > width - 20 } }, "\(long)")
        }
        #expect(TerminalText.verify(document, style: style).contains(document.shards[1].name))
        #expect(TerminalText.replay(replay, style: style).contains("h.11.attention-projection"))
    }

    @Test func whatIsAcceptedIsNotCountedAsSound() throws {
        var document = Fixture.healthy()
        document.shards = (0..<60_000).map { index in
            var shard = ShardReport(
                name: "fineweb_train_\(String(repeating: "0", count: 60))\(index).bin",
                status: .missing,
                level: .size
            )
            shard.acceptance = Acceptance(reason: "known", until: "2026-12-31")
            return shard
        }
        let xml = try JUnitReport.xml(document)
        #expect(xml.utf8.count > 5_000_000 && xml.utf8.count < 10_000_000)
        #expect(xml.contains("more skipped cases are not listed") && !xml.contains("not listed, sound"))
    }

    @Test(.enabled(if: XMLLint.isInstalled), arguments: [false, true])
    func junitFollowsTheSchema(isHostile: Bool) throws {
        let document = isHostile ? Fixture.hostileAudit() : Fixture.anomalous()
        let xml = try JUnitReport.xml(document, history: Fixture.history())
        #expect(try XMLLint.validate(xml) == "")
        let broken = xml.replacing("time=\"0.000\"", with: "time=\"1e-3\"")
        #expect(try XMLLint.validate(broken) != "")
    }

    @Test func theCaseOfAShardHasOneNameWhateverItsState() throws {
        var document = Fixture.healthy()
        let sound = try JUnitReport.xml(document)
        document.shards[0].status = .missing
        document.shards[0].level = .size
        let name = "<testcase name=\"\(document.shards[0].name)\" classname=\"shards.integrity\""
        #expect(try sound.contains(name) && JUnitReport.xml(document).contains(name))
        document.notChecked = [
            Omission(.replay, subject: "458", "Step \(458) was not replayed: a"),
            Omission(.replay, subject: "459", "Step \(459) was not replayed: b"),
            Omission(.log, "No log was read."),
        ]
        let xml = try JUnitReport.xml(document)
        #expect(xml.contains("<testcase name=\"replay: 458\" classname=\"audit\""))
        #expect(xml.contains("<testcase name=\"replay: 459\" classname=\"audit\""))
    }

    @Test(arguments: [12_000, 60_000])
    func tensOfThousandsOfDamagedShardsLeaveAFileThatReadersTake(count: Int) throws {
        var document = Fixture.healthy()
        document.shards = (0..<count).map { index in
            var shard = ShardReport(
                name: "fineweb_train_\(String(repeating: "0", count: 40))\(index).bin",
                status: index % 3 == 0 ? .verified : .mismatch,
                level: .digest,
                bytes: 100_000_000
            )
            shard.expected = String(repeating: "a", count: 64)
            shard.actual = String(repeating: "b", count: 64)
            shard.detail = String(repeating: "SHA-256 differs. ", count: 30)
            return shard
        }
        let xml = try JUnitReport.xml(document)
        #expect(xml.utf8.count < 10_000_000)
        let outline = try XMLOutline(xml)
        #expect(outline.error == nil)
        let cases = outline.elements["testcase"] ?? 0
        #expect(xml.contains("<testsuites name=\"trainaudit \(document.run)\" tests=\"\(cases)\""))
        let isWhole = cases > count
        #expect(isWhole == (count == 12_000))
        #expect(isWhole || xml.contains("more failing cases are not listed"))
        #expect(isWhole || xml.contains("more sound cases are not listed"))
    }

    @Test func nothingIsLeftOutOfThePageWithoutAWord() throws {
        var document = Fixture.anomalous()
        let damaged = (0..<300).map { index in
            Finding(.shard(name: "\(index)"), title: "Shard \(index) is damaged", severity: .failure)
        }
        document.findings = damaged + document.findings
        let html = try HTMLReport.text(document, history: Fixture.history())
        #expect(html.contains("and 202 more findings; all are in report.json"))
        #expect(html.contains("id=\"finding-301\""), "what the curves show is not among those left out")
        #expect(try XMLOutline(html).error == nil)
    }

    @Test func aLogWithoutRatesHasNoEmptyPlotOfThem() throws {
        var history = Fixture.history()
        #expect(try HTMLReport.text(Fixture.anomalous(), history: history).contains("id=\"lr-loss-title\""))
        history.learningRate = Series()
        let html = try HTMLReport.text(Fixture.anomalous(), history: history)
        #expect(!html.contains("id=\"lr-loss-title\"") && html.contains("id=\"loss-title\""))
    }

    @Test func aSymptomThatABaselineAcceptsIsSkippedAndNotPassed() throws {
        var document = Fixture.anomalous()
        document.findings[0].acceptance = Acceptance(reason: "known", until: "2026-12-31")
        let kind = try #require(document.findings[0].symptoms.first?.kind)
        let xml = try JUnitReport.xml(document, history: Fixture.history())
        let test = try #require(
            xml.components(separatedBy: "<testcase name=\"\(kind.rawValue)\" classname=\"symptoms\"").dropFirst().first
        )
        #expect(test.prefix(while: { $0 != "/" }).contains("<skipped message=\"accepted until 2026-12-31: known"))
    }

    @Test func whatTooFewRecordsCannotShowIsSkipped() throws {
        var document = Fixture.healthy()
        document.findings = []
        let short = TrainingHistory(format: "x", train: Series(steps: [1, 2, 3], values: [6, 5.9, 5.8]))
        let xml = try JUnitReport.xml(document, history: short)
        for kind in ["loss-spike", "loss-nonfinite", "slow-rise"] {
            let test = try #require(xml.components(separatedBy: "<testcase name=\"\(kind)\"").dropFirst().first)
            #expect(test.contains("the log has 3 records") && test.prefix(200).contains("<skipped"), "\(kind)")
        }
        #expect(!xml.contains("<testcase name=\"run-aborted\" classname=\"symptoms\" time=\"0.000\">\n      <skipped"))
        var diagnosis = Fixture.diagnosis()
        diagnosis.verdict = .undetermined(.fewRecords(3, needed: 20))
        let text = TerminalText.diagnose(diagnosis, history: short)
        #expect(text.contains("undetermined: too little to judge: the log has 3 records"))
    }

    @Test func aFindingThatABaselineAcceptedUntilLatelySaysSo() throws {
        var document = Fixture.anomalous()
        Baseline(entries: [.init(subject: .finding(document.findings[0].id), until: "2026-01-01", reason: "on its way")]
        )
        .apply(to: &document, today: "2026-02-01")
        let sentence = "was accepted until 2026-01-01 (on its way) and counts again"
        for file in try ReportFiles.render(document, history: Fixture.history())
        where ["report.html", "summary.md"].contains(file.name) {
            #expect(file.contents.contains(sentence), "\(file.name)")
        }
        #expect(TerminalText.audit(document, style: TerminalStyle(width: 200)).contains(sentence))
    }

    @Test func informationStandsFoldedBesideTrouble() throws {
        var document = Fixture.anomalous()
        #expect(try !HTMLReport.text(document, history: nil).contains("<details class=\"quietly\">"))
        document.findings[1].severity = .info
        let html = try HTMLReport.text(document, history: Fixture.history())
        #expect(html.components(separatedBy: "<details class=\"quietly\">").count == 2)
        #expect(try XMLOutline(html).error == nil)
    }

    @Test func theHeadingIsOfTheGravestFinding() throws {
        var document = Fixture.anomalous()
        document.findings.insert(
            Finding(
                .shards(.missing),
                title: "\(40) of \(80) shards are damaged (missing)",
                severity: .failure,
                steps: 3...90
            ),
            at: 0
        )
        document.headline = Headline([
            .damage(40, of: 80, names: ["a", "b", "c"], areMissing: false), .alsoSeen("Loss jumps"),
        ])
        let html = try HTMLReport.text(document, history: Fixture.history())
        #expect(html.contains("<h1>40 of 80 shards are damaged: a, b, c, …</h1>"))
        #expect(html.contains("<dt>Also</dt><dd>loss jumps</dd>"))
    }

    /// A finding of another stage of training has no steps of these curves, and a heading of a few words all the same.
    @Test func aFindingWithoutStepsOfTheCurvesHasAShortHeading() throws {
        var document = Fixture.anomalous()
        document.findings = [Fixture.spike]
        let title: Phrase = "Loss spike, step \(241) of run \(2), from line \(900)"
        document.findings[0].title = title
        document.findings[0].run = Finding.Run(number: 2, line: 900)
        document.findings[0].steps = nil
        document.findings[0].hypotheses = []
        document.headline = Headline([.finding(title, seen: "It jumps."), .alsoSeen("The rate falls.")])
        let html = try HTMLReport.text(document, history: Fixture.history())
        #expect(html.contains("<h1>Loss spike, step 241 of run 2, from line 900</h1>"))
        #expect(html.contains("<dt>Also</dt><dd>the rate falls</dd>"))
        #expect(!html.contains("class=\"band"), "nothing is marked on curves of other steps")
    }

    /// Names in a title are code in the page, and plain where nothing can be set as code.
    @Test func aFindingThatNoCurveShowsIsOneHeading() throws {
        var report = Fixture.healthy()
        let title: Phrase = "Shard \(quoted: "a<b.bin") is damaged"
        report.findings = [Finding(.shard(name: "a<b.bin"), title: title, severity: .failure, steps: 200...210)]
        report.headline = Headline([.finding(title, seen: nil), .cause(.corruptShard, 0.95)])
        let html = try HTMLReport.text(report, history: Fixture.history())
        #expect(html.contains("<h1>Shard <code>a&lt;b.bin</code> is damaged: corrupt shard (95 %)</h1>"))
        #expect(html.contains("</span> Shard <code>a&lt;b.bin</code> is damaged</h3>"))
        #expect(!html.contains("<dl class=\"story\">"))
        let loss = try LossPlot.svg(history: Fixture.history(), findings: report.findings)
        #expect(loss.contains("Finding 1: Shard a&lt;b.bin is damaged."))
    }

    @Test func whatContradictsTheConfigurationLeadsToItsPage() throws {
        var document = Fixture.healthy()
        document.findings = [
            Finding(.setting(key: "order.batch"), title: "The log disagrees", severity: .warning)
        ]
        document.voice.guide = nil
        let files = try ReportFiles.render(document, history: nil)
        for name in ["report.html", "summary.md", "junit.xml"] {
            let text = try #require(files.first { $0.name == name }).contents
            #expect(text.contains("trainaudit explain configuration"), "\(name)")
        }
        #expect(TerminalText.audit(document).contains("trainaudit explain configuration"))
        // Where the guide is published, to its address.
        let address = "https://example.org/guide/documentation/diagnosis/configuration"
        document.voice.guide = "https://example.org/guide"
        let published = try ReportFiles.render(document, history: nil)
        for name in ["report.html", "summary.md", "junit.xml"] {
            #expect(published.first { $0.name == name }?.contents.contains(address) == true, "\(name)")
        }
    }

    /// The plot of loss and rate holds all that of the loss alone holds.
    @Test func thePageDrawsTheLossOnce() throws {
        let (document, history) = MorePlotTests.everything()
        let html = try HTMLReport.text(document, history: history)
        #expect(html.contains("id=\"lr-loss-title\"") && !html.contains("id=\"loss-title\""))
        var plain = history
        plain.learningRate = Series()
        let without = try HTMLReport.text(document, history: plain)
        #expect(!without.contains("id=\"lr-loss-title\"") && without.contains("id=\"loss-title\""))
    }

    /// A name in a script of wide characters takes two columns a character.
    @Test func tablesAndLinesKeepTheirColumnsInEveryScript() {
        #expect("shard_5.bin".columns == 11 && "データ".columns == 6 && "훈련".columns == 4 && "é\u{301}".columns == 1)
        #expect("🙂".columns == 2 && "❤️".columns == 2 && "▆".columns == 1 && "".columns == 0)
        let names = ["データ/シャード1.bin", "data/shard-2.bin"]
        let document = VerifyReport(
            verdict: .healthy,
            shards: names.map { ShardReport(name: $0, status: .verified, level: .digest, bytes: 1024) }
        )
        let lines = TerminalText.verify(document).split(separator: "\n").prefix(2)
        #expect(Set(lines.map(\.columns)).count == 1, "\(lines)")
        let wrapped = TerminalLines.wrap("学習 率 が 高い 学習 率 が 高い", width: 10)
        #expect(wrapped.count > 2 && wrapped.allSatisfy { $0.columns <= 10 }, "\(wrapped)")
    }

    @Test func manyShardsBecomeAGridAndTheDamagedOnesStayInFull() throws {
        var document = Fixture.anomalous()
        document.shards = (0..<6542).map { index in
            ShardReport(
                name: "shard_\(index).parquet",
                status: index % 1000 == 7 ? .mismatch : .verified,
                level: .digest,
                bytes: 100_000_000
            )
        }
        let html = try HTMLReport.text(document, history: nil)
        #expect(html.contains("id=\"shard-grid-title\""))
        #expect(html.contains("scope=\"row\">shard_5007.parquet</th>"))
        #expect(!html.contains("scope=\"row\">shard_5008.parquet</th>"))
        #expect(html.utf8.count < 400_000)
        #expect(try XMLOutline(html).error == nil)
    }

    private func span(
        _ step: Int,
        _ shard: String,
        _ tokens: Range<Int>,
        bytes: Range<Int>,
        unit: ShardUnit = .tokens
    ) -> TracedSpan {
        TracedSpan(
            step: step,
            span: DataSpan(
                shard: 0,
                name: shard,
                rank: 0,
                microStep: 0,
                tokens: tokens,
                bytes: bytes,
                confidence: .exact,
                unit: unit
            )
        )
    }

    @Test func spansThatFollowEachOtherAreToldAsOne() {
        let spans = Fixture.spike.spans
        let runs = SpanRun.joined(spans)
        #expect(runs.count == 1)
        #expect(runs.first?.steps == 241...252)
        #expect(runs.first?.tokens == 52_428_800..<52_428_800 + 12 * 524_288)
        #expect(SpanRun.joined([spans[0], spans[2]]).count == 2)
        var overlapping = spans[1]
        overlapping.span.tokens = overlapping.span.tokens.lowerBound - 1..<overlapping.span.tokens.upperBound
        overlapping.span.bytes = overlapping.span.bytes.lowerBound - 2..<overlapping.span.bytes.upperBound
        #expect(SpanRun.joined([spans[0], overlapping]).count == 1)
        var other = spans[1]
        other.span.confidence = .interval
        #expect(SpanRun.joined([spans[0], other]).count == 2)
    }

    @Test func documentsOfOneBlockAreToldAsOne() {
        let documents = [458, 499, 484, 455].map { index in
            span(130 + index % 2, "a.parquet", index..<index + 1, bytes: 58_259..<76_261, unit: .documents)
        }
        let (runs, more) = SpanRun.summary(documents, shards: [], limit: 5)
        #expect(runs.map(\.extent) == ["4 documents of 455 to 499"])
        #expect(runs.first?.steps == 130...131)
        #expect(more == 0)
    }

    @Test func spansOfDamagedBytesAreShownBeforeOthers() {
        let spans = (0..<30).map { index in
            span(index, "b.bin", index * 100..<index * 100 + 10, bytes: index * 200..<index * 200 + 20)
        }
        let shard = ShardReport(name: "b.bin", status: .mismatch, level: .digest, damagedRanges: [5_010..<5_100])
        let (runs, more) = SpanRun.summary(spans, shards: [shard], limit: 3)
        #expect(runs.map { $0.steps?.lowerBound } == [0, 1, 25])
        #expect(more == 27)
    }

    @Test func aLongListOfSpansIsCut() throws {
        var document = Fixture.anomalous()
        document.findings[0].spans = (0..<50).map { index in
            span(index, "s", index * 10..<index * 10 + 1, bytes: index * 20..<index * 20 + 2)
        }
        let html = try HTMLReport.text(document, history: nil)
        #expect(html.contains("and 30 more spans; all are in report.json"))
        #expect(TerminalText.audit(document).contains("and 44 more"))
    }

    @Test func manyFindingsDoNotBuryTheFirstInATerminal() {
        var document = Fixture.anomalous()
        let first = document.findings[0]
        document.findings = (1...300).map { number in
            var finding = first
            finding.title = "Shard number \(number) is damaged"
            return finding
        }
        let lines = TerminalText.audit(document).split(separator: "\n")
        #expect(lines.count < 500)
        #expect(lines.contains("40. [failure] Shard number 40 is damaged"))
        #expect(!lines.contains { $0.contains("Shard number 41 is damaged") })
        #expect(lines.contains { $0.hasPrefix("and 260 more findings") })
    }

    @Test func aRunThatCouldNotBeJudgedIsNotCalledHealthy() throws {
        var document = Fixture.healthy()
        let doubt = Verdict.Doubt.fewRecords(2, needed: 20)
        document.verdict = .undetermined(doubt)
        document.headline = Headline([.undetermined(doubt)])
        #expect(TerminalText.audit(document).hasPrefix("undetermined: Too little to judge"))
        #expect(MarkdownSummary.text(document).contains(": undetermined"))
        #expect(try HTMLReport.text(document, history: nil).contains("class=\"verdict undetermined\""))
    }

    @Test func aHealthyRunSaysSoFirst() throws {
        let text = TerminalText.audit(Fixture.healthy())
        #expect(text.hasPrefix("healthy: No sign of trouble in 400 records of the log and 6 shards."))
        #expect(!text.contains("Diagnosis\n"))
        let html = try HTMLReport.text(Fixture.healthy(), history: nil)
        #expect(html.contains("class=\"verdict healthy\""))
        #expect(!html.contains("class=\"finding"))
    }

    @Test func htmlHeadingsDescendOneLevelAtATime() throws {
        let html = try HTMLReport.text(Fixture.anomalous(), history: Fixture.history())
        let levels = html.matches(of: try Regex("<h([1-6])[ >]")).compactMap { Int($0.output[1].substring ?? "") }
        #expect(levels.first == 1)
        #expect(levels.filter { $0 == 1 }.count == 1)
        #expect(zip(levels, levels.dropFirst()).allSatisfy { $1 <= $0 + 1 })
        let outline = try XMLOutline(html)
        let ids = outline.attributes.filter { $0.name == "id" }.map(\.value)
        #expect(Set(ids).count == ids.count, "ids are unique")
        for address in outline.addresses where address.hasPrefix("#") {
            #expect(ids.contains(String(address.dropFirst())), "\(address) leads somewhere")
        }
        #expect(outline.elements["caption"] == outline.elements["table"])
    }

    @Test(arguments: [
        (0, "0 B"), (1023, "1023 B"), (1536, "1.5 KiB"), (200_001_024, "191 MiB"), (Int.max, "8 EiB"),
    ])
    func sizesAreReadable(bytes: Int, text: String) {
        #expect(NumberText.size(bytes) == text)
    }

    @Test func numbersAreReadable() {
        #expect(NumberText.short(4.1) == "4.1")
        #expect(NumberText.short(0.00012) == "1.2e-4")
        #expect(NumberText.short(12345.6) == "12,346")
        #expect(NumberText.short(.nan) == "NaN")
        #expect(NumberText.fixed(-0.001, 1) == "0.0")
        #expect(NumberText.fixed(1e300, 2) == "1e300")
        #expect(NumberText.percent(0.999) == "> 99 %")
        #expect(NumberText.percent(.nan) == "? %")
        #expect(NumberText.grouped(Int.min) == "-9,223,372,036,854,775,808")
        #expect(NumberText.range(0..<1024) == "0 to 1,023")
        #expect(NumberText.range(7..<8) == "7" && NumberText.range(7..<7) == "none")
        #expect(NumberText.words([1]) == "?")
    }
}

/// The validator of libxml2, where it is installed.
enum XMLLint {
    static let path = "/usr/bin/xmllint"
    static var isInstalled: Bool { FileManager.default.isExecutableFile(atPath: path) }

    /// What xmllint says against a JUnit file; empty when it is valid.
    static func validate(_ xml: String) throws -> String {
        let folder = FileManager.default.temporaryDirectory.appending(path: "junit-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let file = folder.appending(path: "junit.xml")
        try xml.write(to: file, atomically: true, encoding: .utf8)
        let schema = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Fixtures/junit.xsd")
        let process = Process()
        process.executableURL = URL(filePath: path)
        process.arguments = ["--noout", "--schema", schema.path(), file.path()]
        let pipe = Pipe()
        process.standardError = pipe
        process.standardOutput = FileHandle.nullDevice
        try process.run()
        let output = String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        return process.terminationStatus == 0 ? "" : output
    }
}
