import Diagnosis
import Foundation
import Reporting
import Terms
import Testing

/// What reports call a cause, and how often they say one thing.
@Suite struct CauseWordingTests {
    private func finding(_ confidences: [Double], story: [Phrase] = []) -> Finding {
        var finding = Fixture.spike
        let causes: [CauseKind] = [.learningRateHigh, .outlierBatch, .optimizerState]
        finding.hypotheses = zip(causes, confidences).map { cause, confidence in
            Hypothesis(
                cause: cause,
                confidence: confidence,
                clues: [
                    WeighedClue(
                        clue: "spike",
                        weight: 2,
                        statement: finding.symptoms[0].summary,
                        symptom: finding.symptoms[0].kind
                    ),
                    WeighedClue(clue: "other", weight: 1, statement: "Something speaks for \(cause)."),
                ],
                fix: "Mend \(cause)."
            )
        }
        finding.isCauseClear = Diagnosis.standsOut(finding.hypotheses, isShardDamaged: false)
        finding.story = story
        return finding
    }

    private func outputs(_ finding: Finding) throws -> [String: String] {
        var report = Fixture.anomalous()
        report.findings = [finding]
        report.headline = Headline([.seen("Step \(241) is high"), .noCause(nil)])
        return [
            "terminal": TerminalText.audit(report), "markdown": MarkdownSummary.text(report),
            "junit": try JUnitReport.xml(report), "html": try HTMLReport.text(report, history: nil),
            "annotations": GitHubAnnotations.commands(report).joined(),
            "code quality": try CodeQuality.json(report),
        ]
    }

    @Test func whereNoCauseStandsOutNoneIsCalledMostLikely() throws {
        for (name, text) in try outputs(finding([0.18, 0.15, 0.1])) {
            #expect(!text.lowercased().contains("most likely"), "\(name): \(text)")
            #expect(text.contains(CauseWording.candidates), "\(name)")
            #expect(text.contains("learning rate too high") && text.contains("18 %"), "\(name)")
        }
        for (name, text) in try outputs(finding([0.7, 0.15, 0.1])) {
            #expect(text.contains("Most likely cause"), "\(name)")
            #expect(!text.contains(CauseWording.candidates), "\(name)")
        }
    }

    /// A proof and a rule of thumb may give the same digits: every output says which of them it was.
    @Test func theBasisSeparatesRulesOfThumbFromWhatWasChecked() throws {
        let cases: [(alone: Double?, confidence: Double, text: String?)] = [
            (0.31, 0.9931, "31 % from the log and the configuration; shards, checkpoints and replays raise it."),
            (0.004, 0.9, "< 1 % from the log and the configuration; shards, checkpoints and replays raise it."),
            (0.8, 0.6, "80 % from the log and the configuration; shards, checkpoints and replays lower it."),
            (0.7, 0.7, "the log and the configuration alone, by rules of thumb; nothing else was weighed."),
            (0.991, 0.9999, "the log and the configuration alone give as much."),
            (0.9999, 0.9999, "the log and the configuration alone give as much."),
            (nil, 0.7, nil),
        ]
        for (alone, confidence, text) in cases {
            var finding = finding([confidence, 0.001])
            finding.hypotheses[0].logConfidence = alone
            #expect(CauseWording(finding, Voice()).basis(0) == text)
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
        #expect(finding.isCauseClear && CauseWording(finding, Voice()).introduction == nil)
        finding.hypotheses[0].clues = []
        finding.isCauseClear = Diagnosis.standsOut(finding.hypotheses, isShardDamaged: false)
        #expect(finding.cause == nil)
        #expect(CauseWording(finding, Voice()).introduction == CauseWording.candidates)
        finding.hypotheses = []
        #expect(CauseWording(finding, Voice()).introduction == CauseWording.none)
    }

    /// Coincidence is no proof: half the odds are not enough for a shard that nothing has checked.
    @Test func aShardThatFailsNoCheckNeedsMore() {
        var hypotheses = finding([0.5, 0.1]).hypotheses
        hypotheses[0].cause = .corruptShard
        #expect(!Diagnosis.standsOut(hypotheses, isShardDamaged: false))
        #expect(Diagnosis.standsOut(hypotheses, isShardDamaged: true))
        hypotheses[0].confidence = 0.7
        #expect(Diagnosis.standsOut(hypotheses, isShardDamaged: false))
    }

    @Test func everyOutputSaysASentenceOnce() throws {
        let summary = Fixture.spike.symptoms[0].summary
        let sentence = Voice().text(summary)
        let all = try outputs(finding([0.7, 0.2, 0.1], story: [summary, "The run goes on."]))
        for name in ["terminal", "markdown", "junit", "html"] {
            // The list of all symptoms in JUnit XML is no part of the finding.
            let whole = try #require(all[name]).replacing(#/\s+/#, with: " ")
            let text =
                whole.ranges(of: "suite name=\"diagnosis\"").last.map { String(whole[$0.upperBound...]) } ?? whole
            let count = text.ranges(of: sentence).count
            #expect(count == 1, "\(name): \(count) times")
            #expect(text.contains("the loss spike above"), "\(name)")
        }
    }

    /// Commands read the main stage of a log: a finding of another stage proposes none that would trace its steps there.
    @Test func aFindingOfAnotherStageAdvisesTheTrainer() throws {
        var finding = finding([0.7, 0.2])
        finding.hypotheses[0].nextTest = "\(.trace(step: 241))"
        #expect(try outputs(finding)["terminal"]?.contains("trainaudit trace") == true)
        finding.run = Finding.Run(number: 2, line: 900)
        for (name, text) in try outputs(finding) where ["terminal", "markdown", "junit", "html"].contains(name) {
            let told = text.replacing(#/\s+/#, with: " ")
            #expect(told.contains("find out in the trainer which data step 241 read"), "\(name)")
        }
    }
}
