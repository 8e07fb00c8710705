import Guide
import Testing

@Suite struct PlainTextTests {
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
            markdown: """
                ![A curve falls.](drill-curve)

                | Severity | When |
                |---|---|
                | `info` | one \\| two |
                | warning | <doc:loss-spike> |

                | Rule | Value |
                |---|---|
                | above | \(long)|
                """
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
            markdown: """
                A line that is broken
                where the source breaks it.

                1. An item of a list that
                   goes on, see <doc:loss-spike>.
                2. Another
                > Note: a quotation
                > goes on when a > b.
                """
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
}
