import AuditPipeline
import Diagnosis
import Foundation
import Reporting
import Synchronization
import Terms
import Testing

/// The report to compare with, and the baseline, as an audit is given them.
@Suite struct AuditOptionsTests {
    /// Keeps the stages that have begun.
    private final class Begun: ProgressReporter {
        private let stages = Mutex<[String]>([])
        var all: [String] { stages.withLock { $0 } }

        func begin(_ stage: String, total: Int?) { stages.withLock { $0.append(stage) } }
        func advance(by amount: Int) {}
        func end() {}
    }

    private static func previous(_ run: String) -> String {
        """
        {
          "schema": "trainaudit.audit/1", "run": "\(run)", "shards": [],
          "findings": [{"id": "loss-spike-9", "title": "Loss spike, step 9", "severity": "warning"}]
        }
        """
    }

    private func calm() throws -> Scratch {
        let scratch = try Scratch()
        try scratch.writeRun("calm", losses: (0..<400).map { 3 + 3 / (1 + Double($0) / 20) })
        return scratch
    }

    private func audit(
        _ scratch: Scratch,
        baseline: Baseline? = nil,
        previous: Audit.Previous = .none
    ) async throws -> AuditReport {
        let configuration = try ConfigurationReader.read(path: scratch.path + "/audit.yaml")
        let options = Audit.Options(workers: 1, baseline: baseline, previous: previous)
        return try await Audit(configuration: configuration, options: options).run().report
    }

    /// A night of work must not end with a path that was mistyped.
    @Test(arguments: [nil, "{", #"{"schema": "trainaudit.verify/1", "run": "calm", "findings": [], "shards": []}"#])
    func aNamedReportThatCannotBeReadIsAnErrorBeforeAnyWork(text: String?) async throws {
        let scratch = try calm()
        let path = scratch.path + "/earlier.json"
        if let text { try scratch.write("earlier.json", text) }
        // A log that is missing too would be found only later.
        var configuration = try ConfigurationReader.read(path: scratch.path + "/audit.yaml")
        configuration.logs = ["absent.log"]
        let begun = Begun()
        let options = Audit.Options(workers: 1, previous: .file(path))
        let error = await #expect(throws: AuditError.self) {
            try await Audit(configuration: configuration, options: options).run(progress: begun)
        }
        #expect(error?.description.contains(path) == true, "\(error?.description ?? "")")
        #expect(begun.all.isEmpty)
    }

    @Test func aNamedReportIsComparedWithWhateverItsRunIsCalled() async throws {
        let scratch = try calm()
        try scratch.write("earlier.json", Self.previous("other"))
        let report = try await audit(scratch, previous: .file(scratch.path + "/earlier.json"))
        let gone = try #require(report.comparison?.findings.first { $0.id == "loss-spike-9" })
        #expect(gone.state == .gone && gone.severity == .warning)
        #expect(!report.notChecked.contains { $0.kind == .comparison })
    }

    @Test func theReportInTheFolderIsComparedWithWhereItIsOfTheRun() async throws {
        let scratch = try calm()
        let folder = scratch.path + "/out"
        let none = try await audit(scratch, previous: .folder(folder))
        #expect(none.comparison == nil && !none.notChecked.contains { $0.kind == .comparison })
        try scratch.write("out/report.json", Self.previous("calm"))
        let same = try await audit(scratch, previous: .folder(folder))
        #expect(same.comparison?.findings.contains { $0.id == "loss-spike-9" && $0.state == .gone } == true)
        #expect(!same.notChecked.contains { $0.kind == .comparison })
        let ignored = try await audit(scratch, previous: .none)
        #expect(ignored.comparison == nil && !ignored.notChecked.contains { $0.kind == .comparison })
    }

    /// Nobody named the report in the folder: what is wrong with it does not end the audit, and is listed.
    @Test func anUnfitReportInTheFolderIsNamedAndNotCompared() async throws {
        let scratch = try calm()
        for (text, named) in [(Self.previous("another-run"), "another-run"), ("{", scratch.path + "/out/report.json")] {
            try scratch.write("out/report.json", text)
            let report = try await audit(scratch, previous: .folder(scratch.path + "/out"))
            #expect(report.comparison == nil)
            let omissions = report.notChecked.filter { $0.kind == .comparison }
            #expect(omissions.count == 1)
            let told = report.voice.text(try #require(omissions.first).text)
            #expect(told.contains(named), "\(told)")
        }
    }

    @Test func whatABaselineAcceptsCountsNoMore() async throws {
        let scratch = try Scratch()
        let losses = (0..<400).map { step in
            3 + 3 / (1 + Double(step) / 20) + 0.02 * sin(Double(step * step)) + ((200..<212).contains(step) ? 3.5 : 0)
        }
        try scratch.writeRun("spike", losses: losses)
        let open = try await audit(scratch)
        #expect(open.gravest == .failure && open.baseline == nil)
        let id = try #require(open.findings.first).id

        func entry(_ id: String, until: String) -> Baseline {
            Baseline(entries: [.init(subject: .finding(id), until: until, reason: "known")])
        }
        let accepted = try await audit(scratch, baseline: entry(id, until: "9999-12-31"))
        let finding = try #require(accepted.findings.first)
        #expect(finding.acceptance == Acceptance(reason: "known", until: "9999-12-31"))
        #expect(accepted.verdict == .anomalous && accepted.gravest.map { $0 < .warning } ?? true)
        #expect(accepted.headline.parts.last == .accepted([finding.title], more: 0))
        #expect(accepted.baseline?.map(\.state) == [.accepts])
        #expect(accepted.baseline?.first?.matches == [id])

        let expired = try await audit(scratch, baseline: entry(id, until: "1970-01-01"))
        #expect(expired.gravest == .failure && expired.findings.first?.acceptance == nil)
        #expect(expired.baseline?.map(\.state) == [.expired])
        let unused = try await audit(scratch, baseline: entry("loss-dip-390", until: "9999-12-31"))
        #expect(unused.gravest == .failure && unused.baseline?.map(\.state) == [.unused])
    }
}
