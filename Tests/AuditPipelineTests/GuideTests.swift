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

    /// The table of formats says of each what the reader knows of it.
    @Test func everyLogFormatIsInTheGuide() throws {
        let page = Self.catalog.appendingPathComponent("Guides/Reading-training-logs.md")
        let rows = try String(contentsOf: page, encoding: .utf8).split(separator: "\n").filter { $0.hasPrefix("| `") }
        #expect(rows.count == LogFormats.all.count)
        let scopes: [LossScope: String] = [
            .step: "the mean of the step", .microBatch: "one micro-batch", .interval: "the mean since the last line",
            .movingAverage: "a moving average", .unknown: "not told",
        ]
        for format in LogFormats.all {
            let row = try #require(rows.first { $0.hasPrefix("| `\(format.id)` |") }, "\(format.id)")
            let base = format.stepBase.map(String.init) ?? "as printed"
            #expect(row.hasSuffix("| \(scopes[format.lossScope] ?? "") | \(base) |"), "\(row)")
        }
    }

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
