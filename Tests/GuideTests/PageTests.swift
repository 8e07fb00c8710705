import Diagnosis
import Foundation
import Guide
import Terms
import Testing

@Suite struct PageTests {
    private static let rules =
        SymptomRules.heads.map { "Symptoms/\($0.id).md" } + CauseRules.heads.map { "Causes/\($0.id).md" }

    @Test(arguments: rules) func everyRuleHasAPage(path: String) throws {
        let file = try #require(
            Guide.files.first { $0.path == path },
            "a rule has no page: write Documentation.docc/\(path), named by the rule's id"
        )
        let page = URL(filePath: #filePath).deletingLastPathComponent()
            .appending(path: "../../Documentation.docc/\(path)").standardizedFileURL
        let isPublished = try file.markdown == String(contentsOf: page, encoding: .utf8)
        #expect(isPublished, "the embedded page is not the published one")
    }

    @Test(arguments: Guide.files.map(\.path).filter { $0.contains("/") }) func everyPageHasARule(path: String) {
        let isOfARule = Self.rules.contains(path)
        #expect(
            isOfARule,
            "Documentation.docc/\(path) is the page of no rule: name it by a rule's id, or list its rule in SymptomRules or CauseRules"
        )
    }

    @Test func pagesAreFoundByTheirIds() {
        #expect(Guide.page(id: "Loss-Spike")?.title == "Loss spike")
        #expect(Guide.page(id: "configuration") == Guide.articles.first && Guide.articles.count == 1)
        #expect(Guide.page(id: "no-such-page") == nil)
        #expect(GuidePage.path(id: "loss-spike") == "documentation/diagnosis/loss-spike")
    }
}
