import AuditPipeline
import Diagnosis
import Foundation
import Terms
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

    @Test func pagesReadWellInATerminal() {
        for page in Guide.pages + Guide.articles {
            #expect(page.title != page.id && !page.abstract.isEmpty)
            for width in [40, 72, 120] {
                let text = page.plainText(width: width)
                #expect(!text.contains("<doc:") && !text.contains("```"))
                #expect(text.count > 500)
                let lines = text.split(separator: "\n")
                // Tables are columns; the bars of a curve drawn in letters are indented.
                #expect(!lines.contains { $0.hasPrefix("|") || $0.hasPrefix("![") })
                // Code and headings stay as they are, and a single word that is longer stands alone.
                let long = lines.filter { line in
                    let isHeading = line == line.uppercased()
                    return line.count > width && !line.hasPrefix("    ") && !isHeading && line.contains(" ")
                }
                #expect(long.isEmpty, "\(page.id) at \(width): \(long)")
            }
        }
    }

    @Test func picturesAndTablesAreToldInATerminal() {
        let long = String(repeating: "long ", count: 30)
        let page = Guide.Page(
            "page",
            Array(
                """
                ![A curve falls.](drill-curve)

                | Severity | When |
                |---|---|
                | `info` | one \\| two |
                | warning | <doc:loss-spike> |

                | Rule | Value |
                |---|---|
                | above | \(long)|
                """.utf8
            )
        )
        let expected = """
            [Picture: A curve falls.]

              Severity  When
              --------  ----------
              info      one | two
              warning   loss-spike

            above
            """
        let lines = page.plainText(width: 120).split(separator: "\n", omittingEmptySubsequences: false)
        #expect(lines.prefix(8).joined(separator: "\n") == expected)
        #expect(lines.allSatisfy { $0.count <= 120 })
        #expect(lines[8].hasPrefix("    Value: long long"))
    }

    @Test func paragraphsAndListsFillTheWidth() {
        let page = Guide.Page(
            "page",
            Array(
                """
                A line that is broken
                where the source breaks it.

                1. An item of a list that
                   goes on, see <doc:loss-spike>.
                2. Another
                > Note: a quotation
                > goes on when a > b.
                """.utf8
            )
        )
        let expected = """
            A line that is broken where the source
            breaks it.

            1. An item of a list that goes on, see
               loss-spike.
            2. Another
            > Note: a quotation goes on when a > b.

            """
        #expect(page.plainText(width: 40) == expected)
    }

    @Test func linksAreBuiltFromTheConfiguredAddress() {
        #expect(
            DocumentBuilder(guide: "https://example.org/guide/").link(GuidePage.path(id: "loss-spike"))
                == "https://example.org/guide/documentation/diagnosis/loss-spike"
        )
        #expect(DocumentBuilder().link(GuidePage.path(id: "loss-spike")) == "documentation/diagnosis/loss-spike")
    }
}
