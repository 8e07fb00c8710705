import AuditPipeline
import Diagnosis
import Foundation
import Reporting
import Terms
import Testing
import TrainingLogs

/// A log of which little is known is neither healthy nor anomalous, in every output.
@Suite struct VerdictTests {
    private func report(_ scratch: Scratch) async throws -> AuditReport {
        try await ConfigurationReader.read(path: scratch.path + "/audit.yaml").audited().report
    }

    private func object(_ json: String) throws -> [String: Any] {
        try #require(try JSONSerialization.jsonObject(with: Data(json.utf8)) as? [String: Any])
    }

    /// What JSON must say of a verdict: its id, and the reason of one that is undetermined.
    private func expect(_ json: String, says verdict: Verdict) throws {
        let object = try object(json)
        #expect(object["verdict"] as? String == verdict.id)
        #expect(object["undetermined"] as? String == verdict.doubtText)
    }

    @Test func aShortLogIsUndeterminedInEveryOutput() async throws {
        let scratch = try Scratch()
        try scratch.writeRun("short", losses: [6.2, 6.1, 6.0])
        let history = try LogReader.read(paths: [scratch.path + "/train.log"])
        let doubt = try #require(Diagnosis.doubt(history))
        guard case .fewRecords(3, needed: 4...) = doubt else {
            Issue.record("\(doubt)")
            return
        }
        let report = try await report(scratch)
        #expect(report.verdict == .undetermined(doubt))
        #expect(report.headline.parts == [.undetermined(doubt)])
        // No severity is reached: `--fail-on` sees the verdict alone.
        #expect(report.gravest == nil)
        try expect(JSONOutput.encode(report, voice: report.voice), says: .undetermined(doubt))

        let diagnosis = ReportBuilder().diagnose(history)
        #expect(diagnosis.verdict == .undetermined(doubt) && diagnosis.findings.gravest == nil)
        try expect(JSONOutput.encode(diagnosis, voice: diagnosis.voice), says: .undetermined(doubt))

        let reason = try #require(report.verdict.doubtText)
        #expect(!reason.isEmpty)
        let xml = try JUnitReport.xml(report, history: history)
        #expect(xml.contains("name=\"verdict\" classname=\"audit\"") && xml.contains(reason))
        #expect(TerminalText.audit(report).contains("undetermined"))
        #expect(MarkdownSummary.text(report).contains("undetermined"))
    }

    /// Evaluations alone tell that a run learns where they surely fall; otherwise nothing is known.
    @Test func aLogWithoutTrainingLossIsUndetermined() async throws {
        let scratch = try Scratch()
        try scratch.write("falls.log", (0..<30).map { "s:\($0 * 10) tel:\(6 - Double($0) / 10)\n" }.joined())
        try scratch.write("falls.yaml", "run: validation\nlogs: [falls.log]\n")
        let falling = try await ConfigurationReader.read(path: scratch.path + "/falls.yaml").audited().report
        #expect(falling.verdict == .healthy)
        try scratch.write("train.log", (0..<30).map { "s:\($0 * 10) tel:\(6 - Double($0 % 3) / 10)\n" }.joined())
        try scratch.write("audit.yaml", "run: validation\nlogs: [train.log]\n")
        let report = try await report(scratch)
        #expect(report.verdict == .undetermined(.noTrainingLoss(validationRecords: 30)))
        try expect(JSONOutput.encode(report, voice: report.voice), says: report.verdict)
    }

    /// What is wrong counts, however short the log is.
    @Test func damageIsAnomalousBesideAShortLog() async throws {
        let scratch = try Scratch()
        try scratch.writeRun("short", losses: [6.2, 6.1], more: "shards: {manifest: SHA256SUMS, directory: data}\n")
        try scratch.writeMissingShards(3)
        let report = try await report(scratch)
        #expect(report.verdict == .anomalous && report.gravest == .failure)
        try expect(JSONOutput.encode(report, voice: report.voice), says: .anomalous)
    }

    @Test func aLogOfManyRecordsWithoutTroubleIsHealthy() async throws {
        let scratch = try Scratch()
        try scratch.writeRun("calm", losses: (0..<400).map { 3 + 3 / (1 + Double($0) / 20) })
        let report = try await report(scratch)
        #expect(report.verdict == .healthy)
        #expect(report.gravest.map { $0 < .warning } ?? true)
        #expect(report.headline.parts == [.sound(records: 400, shards: nil)])
        try expect(JSONOutput.encode(report, voice: report.voice), says: .healthy)
        #expect(try !JUnitReport.xml(report).contains("name=\"verdict\""))
    }

    /// Without a log nothing is known of the training, and nothing is claimed: the shards alone are judged.
    @Test func shardsAloneAreJudgedByThemselves() async throws {
        let scratch = try Scratch()
        try scratch.write("audit.yaml", "run: shards\nshards: {directory: data}\n")
        try scratch.writeNumberedShards([500, 300])
        let report = try await report(scratch)
        #expect(report.verdict == .healthy)
        #expect(report.headline.parts == [.sound(records: nil, shards: 2)])
        #expect(report.notChecked.contains { $0.kind == .log })
    }
}
