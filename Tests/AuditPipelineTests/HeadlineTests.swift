import AuditPipeline
import Diagnosis
import Foundation
import Reporting
import Terms
import Testing
import TrainingLogs

/// The one line that most readers read.
@Suite struct HeadlineTests {
    private func headline(of losses: [Double]) async throws -> String {
        let scratch = try Scratch()
        let lines = losses.enumerated().map { "s:\($0.offset) trl:\($0.element)" }
        try scratch.write("train.log", lines.joined(separator: "\n") + "\n")
        try scratch.write("audit.yaml", "run: short\nlogs: [train.log]\n")
        return try await ConfigurationReader.read(path: scratch.path + "/audit.yaml").audited().document.headline
    }

    @Test func twoRecordsAreTooLittleToJudge() async throws {
        let text = try await headline(of: [6.2, 6.1])
        #expect(text.hasPrefix("Too little to judge: the log has 2 records"), "\(text)")
    }

    @Test func aSpikeInALogAloneBlamesNoShard() async throws {
        let losses = (0..<400).map { step in
            3 + 3 / (1 + Double(step) / 20) + 0.02 * sin(Double(step * step)) + ((200..<206).contains(step) ? 3 : 0)
        }
        let text = try await headline(of: losses)
        #expect(text.contains("200") && !text.contains("cause: corrupt shard"), "\(text)")
        #expect(text.contains("no cause stands out; what would tell: the shards"), "\(text)")
    }

    /// A loss that climbs for a hundred steps and then is NaN: whoever goes back must go back to before the climb.
    @Test func aHeadlineOfNaNSaysWhereTheTroubleBegan() async throws {
        let losses = (0..<400).map { (step: Int) -> Double in
            let usual = 3 + 3 / (1 + Double(step) / 20) + 0.02 * sin(Double(step * step))
            return step < 200 ? usual : step < 300 ? usual + 0.2 * Double(step - 199) : .nan
        }
        let text = try await headline(of: losses)
        #expect(text.hasPrefix("Loss is NaN from step 300"), "\(text)")
        let begin = try #require(text.firstMatch(of: #/; before it, from step (\d+) on: loss/#), "\(text)")
        #expect(Int(begin.1).map { (198...205).contains($0) } == true, "\(text)")
        let sudden = try await headline(of: losses.map { $0 > 4.6 ? .nan : $0 }.enumerated().map { $0 < 100 ? 5 : $1 })
        #expect(!sudden.contains("before it, from step"), "\(sudden)")
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
        let document = try await ConfigurationReader.read(path: scratch.path + "/audit.yaml").audited().document
        let finding = try #require(
            document.findings.first { $0.id.hasPrefix("configuration-") },
            "\(document.findings)"
        )
        #expect(finding.title.count < 80 && !finding.title.contains("491520"), "\(finding.title)")
        let evidence = try #require(finding.story.first)
        #expect(evidence.contains("491520"), "\(evidence)")
        #expect(
            document.headline.contains(finding.title) && document.headline.contains("491520"),
            "\(document.headline)"
        )
        let plain = { (text: String) in text.split(whereSeparator: \.isWhitespace).joined(separator: " ") }
        for file in try AuditReport.render(document, history: nil) where !file.name.hasSuffix(".svg") {
            #expect(plain(file.contents).contains("the log prints 491520"), "\(file.name)")
            #expect(plain(file.contents).contains("to 491520, or find out"), "\(file.name)")
        }
        #expect(plain(TerminalText.audit(document)).contains("the log prints 491520"))
        #expect(GitHubAnnotations.commands(document).joined().contains("the log prints 491520"))
        #expect(try CodeQuality.json(document).contains("the log prints 491520"))
    }

    /// A folder that is half there is one finding, it leads, and what the curve shows is still told.
    @Test func manyMissingShardsAreOneFinding() async throws {
        let scratch = try Scratch()
        let sums = (0..<40).map { "\(String(repeating: "ab", count: 32))  shard_\($0).bin" }
        try scratch.write("SHA256SUMS", sums.joined(separator: "\n") + "\n")
        try scratch.write("data/other.txt", "x")
        let losses = (0..<600).map { (step: Int) -> Double in
            let learned: Double = 3 + 3 / (1 + Double(step) / 20)
            return learned + 0.02 * sin(Double(step * step)) + (step == 300 ? 2.0 : 0.0)
        }
        let lines = losses.enumerated().map { "s:\($0.offset) trl:\($0.element)" }
        try scratch.write("train.log", lines.joined(separator: "\n") + "\n")
        try scratch.write(
            "audit.yaml",
            "run: half\nlogs: [train.log]\nshards:\n  manifest: SHA256SUMS\n  directory: data\n"
        )
        let document = try await ConfigurationReader.read(path: scratch.path + "/audit.yaml").audited().document
        #expect(document.headline.hasPrefix("40 of 40 shards are missing: shard_0.bin, "), "\(document.headline)")
        #expect(document.findings.first?.id == "damaged-shards-missing")
        #expect(document.findings.count { $0.id.hasPrefix("damaged-shard") } == 1)
        #expect(document.findings.contains { $0.symptoms.contains { $0.kind == "loss-spike" } })
    }

    @Test func theTitleHasTheStepsOfWhatItNames() {
        func symptom(_ kind: SymptomKind, _ first: Int) -> Symptom {
            Symptom(kind: kind, firstStep: first, lastStep: 400, severity: .failure, summary: "")
        }
        let event = Event(symptoms: [symptom(.gradientExplosion, 241), symptom(.lossNonFinite, 242)])
        let finding = DocumentBuilder().finding(event, hypotheses: [])
        #expect(finding.title == "Loss is NaN or infinite, steps 242 to 400")
        #expect(finding.firstStep == 241 && finding.lastStep == 400)
    }
}
