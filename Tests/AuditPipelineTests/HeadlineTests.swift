import AuditPipeline
import Diagnosis
import Foundation
import Reporting
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
