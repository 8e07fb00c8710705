import AuditPipeline
import Diagnosis
import Foundation
import Reporting
import Terms
import Testing
import TrainingLogs

@Suite struct GuideTests {
    private static let catalog = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appendingPathComponent("Documentation.docc")

    @Test func linksAreBuiltFromTheConfiguredAddress() {
        for guide in ["https://example.org/guide/", "https://example.org/guide"] {
            #expect(
                Voice(guide: guide).link(id: "loss-spike")
                    == "https://example.org/guide/documentation/diagnosis/loss-spike"
            )
        }
        #expect(Voice().link(id: "loss-spike") == "documentation/diagnosis/loss-spike")
    }
}
