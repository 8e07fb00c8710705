import Foundation
import Reporting
import Testing

/// What reports call a cause, and how often they say one thing.
@Suite struct CauseWordingTests {
    private func finding(_ confidences: [Double], story: [String] = []) -> FindingDocument {
        var finding = Fixture.spike
        finding.hypotheses = zip(["learning-rate-high", "outlier-batch", "optimizer-state"], confidences).map {
            HypothesisDocument(
                cause: $0,
                confidence: $1,
                symptoms: [],
                evidenceFor: [finding.symptoms[0].summary, "something speaks for \($0)"],
                evidenceAgainst: [],
                nextTest: "",
                fix: "mend \($0)",
                guide: ""
            )
        }
        finding.story = story
        return finding
    }

    private func outputs(_ finding: FindingDocument) throws -> [String: String] {
        var document = Fixture.anomalous()
        document.findings = [finding]
        document.headline = "step 241 spiked · no cause stands out"
        return [
            "terminal": TerminalText.audit(document), "markdown": MarkdownSummary.text(document),
            "junit": try JUnitReport.xml(document), "html": try HTMLReport.text(document, history: nil),
            "annotations": GitHubAnnotations.commands(document).joined(),
            "code quality": try CodeQuality.json(document),
        ]
    }

    @Test func whereNoCauseStandsOutNoneIsCalledMostLikely() throws {
        for (name, text) in try outputs(finding([0.18, 0.15, 0.1])) {
            #expect(!text.lowercased().contains("most likely"), "\(name): \(text)")
            #expect(text.contains("No cause stands out; candidates:"), "\(name)")
            #expect(text.contains("learning rate too high") && text.contains("18 %"), "\(name)")
        }
        for (name, text) in try outputs(finding([0.7, 0.15, 0.1])) {
            #expect(text.contains("Most likely cause"), "\(name)")
            #expect(!text.contains("No cause stands out; candidates"), "\(name)")
        }
    }

    /// A proof and a rule of thumb may give the same digits: every output says which of them it was.
    @Test func theBasisTellsRulesOfThumbFromWhatWasChecked() throws {
        let cases: [(alone: Double?, confidence: Double, text: String?)] = [
            (0.31, 0.9931, "log and configuration alone give 31 %; what else was looked at raises it."),
            (0.004, 0.9, "log and configuration alone give < 1 %; what else was looked at raises it."),
            (0.8, 0.6, "log and configuration alone give 80 %; what else was looked at lowers it."),
            (0.7, 0.7, "log and configuration alone, by rules of thumb: nothing else speaks for or against it."),
            (0.991, 0.9999, "log and configuration alone give as much."),
            (0.9999, 0.9999, "log and configuration alone give as much."),
            (nil, 0.7, nil),
        ]
        for (alone, confidence, text) in cases {
            var finding = finding([confidence, 0.001])
            finding.hypotheses[0].logConfidence = alone
            #expect(CauseWording(finding.hypotheses).basis(0) == text)
            for (name, output) in try outputs(finding) where !["annotations", "code quality"].contains(name) {
                let plain = output.split(whereSeparator: \.isWhitespace).joined(separator: " ").replacing(
                    "&lt;",
                    with: "<"
                )
                #expect(plain.contains("Basis") == (text != nil), "\(name)")
                if let text { #expect(plain.contains(text), "\(name): \(text)") }
            }
        }
    }

    @Test func aCauseForWhichNothingSpeaksDoesNotStandOut() {
        var finding = finding([0.9])
        finding.hypotheses[0].evidenceFor = []
        #expect(CauseWording(finding.hypotheses).named == nil)
        #expect(CauseWording(finding.hypotheses).introduction == "No cause stands out; candidates:")
        #expect(CauseWording([]).introduction == "No cause can be named from what was read.")
    }

    /// Coincidence is no proof: half the odds are not enough for a shard that nothing has checked.
    @Test func aShardThatFailsNoCheckNeedsMore() {
        var hypotheses = finding([0.5, 0.1]).hypotheses
        hypotheses[0].cause = "corrupt-shard"
        #expect(CauseWording(hypotheses).named == nil)
        #expect(CauseWording(hypotheses, shards: Fixture.shards()).named?.cause == "corrupt-shard")
        hypotheses[0].confidence = 0.7
        #expect(CauseWording(hypotheses).named?.cause == "corrupt-shard")
    }

    @Test func everyOutputSaysASentenceOnce() throws {
        let told = finding([0.7, 0.2, 0.1], story: [Fixture.spike.symptoms[0].summary, "The run goes on."])
        for name in ["terminal", "markdown", "junit", "html"] {
            // The list of all symptoms in JUnit XML is no part of the finding.
            let whole = try #require(try outputs(told)[name]).replacing(#/\s+/#, with: " ")
            let text =
                whole.ranges(of: "suite name=\"diagnosis\"").last.map { String(whole[$0.upperBound...]) } ?? whole
            let count = text.ranges(of: "4.12 before, 14.2 robust sigma").count
            #expect(count == 1, "\(name): \(count) times")
            #expect(text.contains("the loss spike above"), "\(name)")
        }
    }
}
