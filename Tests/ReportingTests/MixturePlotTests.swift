import Diagnosis
import Foundation
import Reporting
import Terms
import Testing

/// What a run was fed, drawn and told.
@Suite struct MixturePlotTests {
    private func report(_ mixture: MixtureReport?) -> AuditReport {
        var report = Fixture.anomalous()
        report.mixture = mixture
        return report
    }

    private func svg(_ mixture: MixtureReport) throws -> String {
        let drawing = try #require(MixturePlot.drawing(report(mixture), history: Fixture.history()))
        return try drawing.markup().plotFile()
    }

    @Test func sourcesAreAsRecorded() throws {
        try Golden.expect(svg(MixtureFixture.sources), "mixture-sources.svg")
    }

    @Test func shardsAreAsRecorded() throws {
        try Golden.expect(svg(MixtureFixture.shards), "mixture-shards.svg")
    }

    @Test func whatIsNotKnownIsAGap() throws {
        let text = try svg(MixtureFixture.sources)
        let areas = text.matches(of: #/class="mix mix-\d+"[^>]* d="([^"]*)"|d="([^"]*)"[^>]*class="mix mix-\d+"/#)
        #expect(areas.count == 3)
        for area in areas {
            let data = String(area.output.1 ?? area.output.2 ?? "")
            #expect(data.count { $0 == "M" } == 2 && data.count { $0 == "Z" } == 2, "two stretches that are known")
        }
        var unknown = MixtureFixture.sources
        for index in unknown.windows.indices { unknown.windows[index].read = nil }
        #expect(MixturePlot.drawing(report(unknown), history: Fixture.history()) == nil)
        #expect(MixturePlot.drawing(report(nil), history: Fixture.history()) == nil)
    }

    @Test func thePlotSaysInWordsWhatItShows() throws {
        let text = try svg(MixtureFixture.sources)
        #expect(text.contains("web_train: 57 % (configured 72 %)"))
        #expect(text.contains("The composition changes at step 241."))
        #expect(text.contains("390 steps mapped"))
        var interval = MixtureFixture.sources
        interval.confidence = .interval
        #expect(try svg(interval).contains("from intervals that the log prints"))
    }

    @Test func theReportHasItUnderTheLossAndTheSummaryLinksIt() throws {
        var report = report(MixtureFixture.sources)
        let plots = PlotSet(report, history: Fixture.history())
        report.files = ReportFiles.names(plots: plots)
        #expect(report.files.prefix(3) == ["report.html", "loss.svg", "mixture.svg"])
        let files = try ReportFiles.render(report, history: Fixture.history(), plots: plots)
        let html = try #require(files.first { $0.name == "report.html" }).contents
        let (loss, fed) = (
            html.firstRange(of: "Training loss and learning rate"), html.firstRange(of: "What the run was fed")
        )
        #expect(try #require(loss).lowerBound < #require(fed).lowerBound)
        let summary = try #require(files.first { $0.name == "summary.md" }).contents
        #expect(summary.contains("([plot](mixture.svg))") && summary.contains("the composition changes at 1 step"))
    }

    @Test func aSavedReportDrawsItAgain() throws {
        let report = report(MixtureFixture.shards)
        let text = try JSONOutput.encode(report, voice: report.voice)
        let saved = try JSONOutput.decode(SavedReport.self, from: Data(text.utf8)).report
        #expect(saved.mixture == MixtureFixture.shards)
    }

    @Test func hostileNamesStayText() throws {
        var mixture = MixtureFixture.sources
        mixture.sources[0].name = "</text><script>alert(1)</script>\u{1B}[31m"
        #expect(try !svg(mixture).contains("<script"))
        let summary = MarkdownSummary.text(report(mixture))
        #expect(!summary.contains("<script") && !summary.contains("\u{1B}"))
    }
}
