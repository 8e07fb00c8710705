import Diagnosis
import Foundation
import Reporting
import Terms
import Testing

/// Whole files compared byte for byte. `RECORD_GOLDEN=1 swift test --filter GoldenTests` writes them again; look at the difference.
@Suite struct GoldenTests {
    @Test(
        arguments: ReportFiles.names.filter { $0 != "loss-scale.svg" } + [
            "plots/finding-1.svg", "plots/replay-1-operations.svg",
        ]
    )
    func auditFilesAreAsRecorded(name: String) throws {
        let files = try ReportFiles.render(Fixture.anomalous(), history: Fixture.history())
        let file = try #require(files.first { $0.name == name })
        try Golden.expect(Self.withoutUnseen(file.contents), "audit-\(name.replacing("/", with: "-"))")
    }

    @Test(arguments: ["junit.xml", "summary.md", "loss.svg"])
    func healthyFilesAreAsRecorded(name: String) throws {
        let files = try ReportFiles.render(Fixture.healthy(), history: Fixture.history(isHealthy: true))
        let file = try #require(files.first { $0.name == name })
        try Golden.expect(Self.withoutUnseen(file.contents), "healthy-\(name)")
    }

    /// JUnit has a case for each kind of symptom, seen or not: a new rule must not change what is recorded.
    private static func withoutUnseen(_ text: String) -> String {
        let unseen = #/ *<testcase name="[^"]*" classname="symptoms" time="0.000" \/>\n/#
        let totals = #/(<testsuites [^>]*|<testsuite name="symptoms" )tests="\d+"/#
        return text.replacing(unseen, with: "").replacing(totals) { "\($0.1)tests=\"…\"" }
    }

    @Test func terminalTextIsAsRecorded() throws {
        let history = Fixture.history()
        try Golden.expect(TerminalText.audit(Fixture.anomalous(), history: history), "audit.txt")
        try Golden.expect(
            TerminalText.audit(Fixture.healthy(), history: Fixture.history(isHealthy: true)),
            "healthy.txt"
        )
        try Golden.expect(TerminalText.diagnose(Fixture.diagnosis(), history: history), "diagnose.txt")
        let verify = VerifyReport(verdict: .anomalous, shards: Fixture.shards())
        try Golden.expect(TerminalText.verify(verify), "verify.txt")
        let trace = TraceReport(
            step: 242,
            loader: "llm.c-python",
            spans: Array(Fixture.spike.spans.prefix(2)),
            steps: [241..<243, 641..<642],
            notes: ["the batch size is taken from the log"]
        )
        try Golden.expect(TerminalText.trace(trace), "trace.txt")
        try Golden.expect(TerminalText.replay(Fixture.replay), "replay.txt")
    }
}

/// Recorded files.
enum Golden {
    static func expect(_ text: String, _ name: String, sourceLocation: SourceLocation = #_sourceLocation) throws {
        let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Golden")
        let file = folder.appending(path: name)
        if ProcessInfo.processInfo.environment["RECORD_GOLDEN"] == "1" {
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
            try text.write(to: file, atomically: true, encoding: .utf8)
            return
        }
        let recorded = try String(contentsOf: file, encoding: .utf8)
        guard recorded != text else { return }
        let lines = zip(recorded.split(separator: "\n"), text.split(separator: "\n")).enumerated()
        let different = lines.first { $0.element.0 != $0.element.1 }
        let number = (different?.offset ?? 0) + 1
        Issue.record(
            "\(name) differs at line \(number): recorded \(different?.element.0 ?? "?"), now \(different?.element.1 ?? "?")",
            sourceLocation: sourceLocation
        )
    }
}
