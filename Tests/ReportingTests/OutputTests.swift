import Diagnosis
import Foundation
import Reporting
import Terms
import Testing
import TrainingLogs

/// What the renderings of one report say.
@Suite struct OutputTests {
    @Test func aRunOfWhichNothingIsKnownIsNoRunThatPassed() throws {
        var report = Fixture.healthy()
        #expect(try !JUnitReport.xml(report).contains("testsuite name=\"verdict\""))
        report.verdict = .undetermined(.noTrainingLoss(validationRecords: 2))
        let xml = try JUnitReport.xml(report)
        #expect(xml.contains("<property name=\"trainaudit.verdict\" value=\"undetermined\""))
        let suite = try #require(xml.components(separatedBy: "<testsuite name=\"verdict\" tests=\"1\"").last)
        #expect(suite.contains("<testcase name=\"verdict\" classname=\"audit\""))
        #expect(
            suite.contains("<skipped message=\"undetermined: the log has no training loss, only 2 validation points\"")
        )
    }

    @Test(arguments: [
        (Verdict.healthy, "healthy: nothing to act on; noted: "),
        (.anomalous, "anomalous: Loss spike at steps 241 to 252"),
        (.undetermined(.fewRecords(3, needed: 20)), "undetermined: too little to judge: the log has 3 records"),
    ])
    func aDiagnosisBeginsWithItsVerdict(verdict: Verdict, beginning: String) {
        var report = Fixture.diagnosis()
        report.verdict = verdict
        #expect(TerminalText.diagnose(report, style: TerminalStyle(width: 200)).hasPrefix(beginning))
    }

    /// What a kind of symptom needs is what its rule states: without it the case is skipped.
    @Test func aKindWhoseCurveIsMissingIsSkipped() throws {
        var history = Fixture.history(isHealthy: true)
        history.gradientNorm = Series()
        history.learningRate = Series()
        let xml = try JUnitReport.xml(Fixture.healthy(), history: history)
        let reasons: [Terms.Curve: String] = [
            .gradientNorm: "the log prints no gradient norm", .learningRate: "the log prints no learning rate",
            .lossScale: "the log prints no loss scale",
            .weightNorms: "the norms of fewer than two checkpoints are known",
            .speed: "the log prints no time and no throughput", .memory: "the log prints no memory",
            .logits: "the log prints no attention logit and no z-loss",
            .routerLoad: "the log prints no load of experts", .updateNorm: "the log prints no update norm",
        ]
        for kind in SymptomRules.kinds {
            let test = try #require(
                xml.components(separatedBy: "<testcase name=\"\(kind.rawValue)\" classname=\"symptoms\"").last
            )
            let reason = SymptomRules.needs(of: kind).compactMap { reasons[$0] }.first
            let own = test.components(separatedBy: "<testcase").first ?? ""
            let isSkipped = own.contains("<skipped message=\"\(reason ?? "")")
            #expect(isSkipped == (reason != nil), "\(kind.rawValue)")
        }
    }

    @Test func whatWasNotCheckedHasANameOfItsOwn() throws {
        var report = Fixture.healthy()
        report.notChecked = [
            Omission(.logPart, subject: "a.log", "\(quoted: "a.log") ends early."),
            Omission(.checkpoints, "No checkpoint is configured."),
        ]
        let xml = try JUnitReport.xml(report)
        #expect(xml.contains("<testcase name=\"log-part: a.log\" classname=\"audit\""))
        #expect(xml.contains("<testcase name=\"checkpoints\" classname=\"audit\""))
    }

    /// What `trace` prints can be pasted behind `--tokens`; everywhere else ranges are inclusive and in words.
    @Test func rangesAreInWordsAndThoseOfATraceCanBePasted() throws {
        let spans = Array(Fixture.spike.spans.prefix(2))
        let trace = TerminalText.trace(TraceReport(loader: "llm.c", spans: spans), style: TerminalStyle(width: 200))
        #expect(trace.contains("tokens 52428800..<53477376, bytes 104858624..<106955776"))
        var report = Fixture.anomalous()
        report.findings[0].spans = spans
        for text in [TerminalText.audit(report, style: TerminalStyle(width: 200)), MarkdownSummary.text(report)] {
            #expect(text.contains("tokens 52,428,800 to 53,477,375, bytes 104,858,624 to 106,955,775"))
            #expect(!text.contains("..<"))
        }
        #expect(try !JUnitReport.xml(report).contains("..&lt;"))
        #expect(
            TerminalText.verify(VerifyReport(verdict: .anomalous, shards: report.shards)).contains(
                "damaged: bytes 100,663,296 to 117,440,511 (16,777,216 bytes)"
            )
        )
    }

    @Test func aRangeOfOneAndARangeOfNoneReadAsSuch() {
        #expect(NumberText.range(5..<6) == "5" && NumberText.range(7..<7) == "none")
        #expect(NumberText.words([1000, 2000]) == "1,000 to 1,999" && NumberText.words([2, 1]) == "?")
        var span = Fixture.spike.spans[0]
        span.span.unit = .documents
        span.span.tokens = 17..<18
        #expect(SpanRun.joined([span]).map(\.extent) == ["document 17"])
        #expect(SpanRun.text(3...3) == "3" && SpanRun.text(0...7) == "0 to 7")
    }

    /// An earlier proof is not passed off as one of now.
    @Test func aShardThatAnEarlierRunProvedSaysSo() {
        var report = VerifyReport(verdict: .healthy, shards: Fixture.healthy().shards)
        report.shards[1].provedOn = "2026-03-01"
        let lines = TerminalText.verify(report).split(separator: "\n")
        #expect(lines[0].hasSuffix("  digest") && lines[1].hasSuffix("  digest, proved on 2026-03-01"))
    }

    @Test func whatToDoAboutADisagreementIsInEveryReport() throws {
        var report = Fixture.healthy()
        report.verdict = .anomalous
        report.findings = [Fixture.disagreement]
        let texts = [TerminalText.audit(report), MarkdownSummary.text(report), try JUnitReport.xml(report)]
        for text in texts {
            #expect(text.contains("What to do: Set `order.batch` to what the trainer used."))
            #expect(!text.contains("No cause"))
        }
    }
}
