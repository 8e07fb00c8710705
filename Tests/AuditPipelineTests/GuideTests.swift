import AuditPipeline
import Diagnosis
import Foundation
import Testing
import TrainingLogs

@Suite struct GuideTests {
    private static let catalog = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appendingPathComponent("Documentation.docc")

    /// Every id that a finding can link to has a page in the published catalog, and the same page in `explain`.
    @Test func everySymptomAndCauseHasAPage() throws {
        let ids =
            SymptomKind.allCases.map { ("Symptoms", $0.rawValue) } + CauseKind.allCases.map { ("Causes", $0.rawValue) }
        #expect(Guide.pages.map(\.id) == ids.map(\.1))
        for (folder, id) in ids {
            let file = Self.catalog.appendingPathComponent("\(folder)/\(id).md")
            let text = try String(contentsOf: file, encoding: .utf8)
            let page = try #require(Guide.pages.first { $0.id == id })
            #expect(page.markdown == text)
            #expect(GuidePage.path(id: id) == "documentation/diagnosis/\(id)")
        }
    }

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

    @Test func pagesReadWellInATerminal() {
        for page in Guide.pages {
            #expect(page.title != page.id && !page.abstract.isEmpty)
            #expect(!page.plainText.contains("<doc:") && !page.plainText.contains("```"))
            #expect(page.plainText.count > 500)
            // Tables are columns; the bars of a curve drawn in letters are indented.
            #expect(!page.plainText.split(separator: "\n").contains { $0.hasPrefix("|") || $0.hasPrefix("![") })
        }
    }

    @Test func picturesAndTablesAreToldInATerminal() throws {
        let page = try #require(Guide.pages.first { $0.id == "loss-spike" })
        #expect(page.plainText.contains("\n[Picture: The training loss falls smoothly"))
        #expect(page.markdown.contains("| above the mean of the last 100 records | 3 sigma |"))
        // Too wide for columns: a paragraph a row.
        #expect(page.plainText.contains("\nabove the mean of the last 100 records\n    Value: 3 sigma\n    From: "))
        // Narrow enough.
        let lines = page.plainText.split(separator: "\n")
        let heading = try #require(lines.first { $0.hasPrefix("  Severity  When") })
        let row = try #require(lines.first { $0.hasPrefix("  warning ") })
        #expect(row.dropFirst(heading.count - "When".count).hasPrefix("a spike that recovers"))
    }

    @Test func linksAreBuiltFromTheConfiguredAddress() {
        #expect(
            DocumentBuilder(guide: "https://example.org/guide/").link(GuidePage.path(id: "loss-spike"))
                == "https://example.org/guide/documentation/diagnosis/loss-spike"
        )
        #expect(DocumentBuilder().link(GuidePage.path(id: "loss-spike")) == "documentation/diagnosis/loss-spike")
    }
}
