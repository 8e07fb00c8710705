import AuditPipeline
import Diagnosis
import Foundation
import Reporting
import Terms
import Testing
import TrainingLogs

/// The one line that most readers read.
@Suite struct HeadlineTests {
    private func report(of losses: [Double]) async throws -> AuditReport {
        let scratch = try Scratch()
        try scratch.writeRun("short", losses: losses)
        return try await ConfigurationReader.read(path: scratch.path + "/audit.yaml").audited().report
    }

    /// The trouble that a headline names before the event, and its first step.
    private func trouble(_ headline: Headline) -> (kind: SymptomKind, step: Int)? {
        for case .precededBy(let kind, let step) in headline.parts { return (kind, step) }
        return nil
    }

    @Test func twoRecordsAreTooLittleToJudge() async throws {
        let report = try await report(of: [6.2, 6.1])
        guard case .undetermined(.fewRecords(2, let needed)) = report.verdict else {
            Issue.record("\(report.verdict)")
            return
        }
        #expect(needed > 2)
        #expect(report.headline.parts == [.undetermined(.fewRecords(2, needed: needed))])
    }

    @Test func aSpikeInALogAloneBlamesNoShard() async throws {
        let losses = (0..<400).map { step in
            3 + 3 / (1 + Double(step) / 20) + 0.02 * sin(Double(step * step)) + ((200..<206).contains(step) ? 3 : 0)
        }
        let report = try await report(of: losses)
        let finding = try #require(report.findings.first)
        #expect(finding.origin == .event(.lossSpike, step: 200))
        let seen = try #require(finding.lead?.summary)
        #expect(report.headline.parts == [.seen(seen), .noCause(.shards)])
    }

    /// A loss that climbs for a hundred steps and then is NaN: whoever goes back must go back to before the climb.
    @Test func aHeadlineOfNaNSaysWhereTheTroubleBegan() async throws {
        let losses = (0..<400).map { (step: Int) -> Double in
            let usual = 3 + 3 / (1 + Double(step) / 20) + 0.02 * sin(Double(step * step))
            return step < 200 ? usual : step < 300 ? usual + 0.2 * Double(step - 199) : .nan
        }
        let report = try await report(of: losses)
        let finding = try #require(report.findings.first)
        #expect(finding.origin == .event(.lossNonFinite, step: 300))
        let seen = try #require(finding.lead?.summary)
        #expect(report.headline.parts.first == .seen(seen))
        let trouble = try #require(self.trouble(report.headline))
        #expect((198...205).contains(trouble.step))
        #expect(trouble.kind.rawValue.hasPrefix("loss-"), "\(trouble.kind)")
        let sudden = try await self.report(
            of: losses.map { $0 > 4.6 ? .nan : $0 }.enumerated().map { $0 < 100 ? 5 : $1 }
        )
        #expect(self.trouble(sudden.headline) == nil)
    }

    /// What no curve shows has a short title, and its evidence beside it in every output.
    @Test func aDisagreementHasATitleAndItsEvidence() async throws {
        let scratch = try Scratch()
        let lines = (0..<400).map { "iter \($0): loss \(3 + 3 / (1 + Double($0) / 20)), time 1.00ms, mfu 1.00%" }
        try scratch.write("train.log", "tokens per iteration will be: 491,520\n" + lines.joined(separator: "\n") + "\n")
        try scratch.write(
            "audit.yaml",
            "run: other\nlogs: [train.log]\norder:\n  batch: 12\n  sequence: 1024\n  accumulation: 10\n  worldSize: 1\n"
        )
        let report = try await ConfigurationReader.read(path: scratch.path + "/audit.yaml").audited().report
        let finding = try #require(
            report.findings.first { $0.origin == .setting(key: "order") },
            "\(report.findings.map(\.id))"
        )
        #expect(finding.isDisagreement)
        #expect(report.voice.text(finding.title).count < 80)
        let evidence = try #require(finding.story.first)
        #expect(report.voice.text(evidence).contains("491,520") && report.voice.text(evidence).contains("122,880"))
        #expect(report.headline.parts == [.finding(finding.title, seen: evidence)])
        let advice = try #require(finding.advice.first)
        #expect(advice.parts.contains(.integer(48)), "the batch that the log supports")

        let plain = { (text: String) -> String in text.split(whereSeparator: \.isWhitespace).joined(separator: " ") }
        /// What stands behind the last quoted name, which outputs set in their own ways.
        let told = { (phrase: Phrase) -> String in
            let last = phrase.parts.lastIndex { part in
                if case .quoted = part { return true }
                return false
            }
            return plain(report.voice.text(Phrase(Array(phrase.parts[(last.map { $0 + 1 } ?? 0)...]))))
        }
        for file in try ReportFiles.render(report, history: nil) where !file.name.hasSuffix(".svg") {
            #expect(plain(file.contents).contains(told(evidence)), "\(file.name)")
            #expect(plain(file.contents).contains(told(advice)), "\(file.name)")
        }
        #expect(plain(TerminalText.audit(report)).contains(told(evidence)))
        #expect(GitHubAnnotations.commands(report).joined().contains(told(evidence)))
        #expect(try CodeQuality.json(report).contains("491,520"))
    }

    /// A folder that is half there is one finding, it leads, and what the curve shows is still told.
    @Test func manyMissingShardsAreOneFinding() async throws {
        let scratch = try Scratch()
        let losses = (0..<600).map { (step: Int) -> Double in
            let learned: Double = 3 + 3 / (1 + Double(step) / 20)
            return learned + 0.02 * sin(Double(step * step)) + (step == 300 ? 2.0 : 0.0)
        }
        try scratch.writeRun("half", losses: losses, more: "shards:\n  manifest: SHA256SUMS\n  directory: data\n")
        try scratch.writeMissingShards(40)
        let report = try await ConfigurationReader.read(path: scratch.path + "/audit.yaml").audited().report
        let names = (0..<3).map { "shard_\($0).bin" }
        #expect(report.headline.parts.first == .damage(40, of: 40, names: names, areMissing: true))
        #expect(report.findings.first?.origin == .shards(.missing))
        #expect(report.findings.first?.shards.count == 40)
        #expect(report.findings.count { $0.origin.isDamage } == 1)
        #expect(report.findings.contains { $0.symptoms.contains { $0.kind == .lossSpike } })
    }

    @Test func theTitleHasTheStepsOfWhatItNames() throws {
        func symptom(_ kind: SymptomKind, _ first: Int) -> Symptom {
            Symptom(kind: kind, firstStep: first, lastStep: 400, severity: .failure, summary: "")
        }
        let event = Event(symptoms: [symptom(.gradientExplosion, 241), symptom(.lossNonFinite, 242)])
        var history = TrainingHistory(format: "synthetic", stepBase: 0, lossScope: .step)
        for step in 0...400 { history.train.append(step: step, value: 4) }
        let finding = try #require(Diagnosis.finding(event, in: LogAnalysis(history), hypotheses: []))
        #expect(finding.title == "\(SymptomKind.lossNonFinite), \(steps: 242...400)")
        #expect(finding.steps == 241...400)
        #expect(finding.id == "loss-nonfinite-242")
    }
}
