import DataOrder
import Foundation
import Testing

/// Each loader of the list is complete: what is missing is named.
@Suite struct LoaderRuleTests {
    private static let tests = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    private static let guide = tests.deletingLastPathComponent().deletingLastPathComponent()
        .appendingPathComponent("Documentation.docc/Guides/Data-order-of-each-trainer.md")

    /// What the tests of this folder and their recordings say.
    private static let texts: String = {
        let names = FileManager.default.enumerator(atPath: tests.path)?.compactMap { $0 as? String } ?? []
        return names.filter { $0.hasSuffix(".swift") || $0.hasSuffix(".json") }.compactMap {
            try? String(contentsOf: tests.appendingPathComponent($0), encoding: .utf8)
        }.joined()
    }()

    /// The cells of the guide's table, by the id in the first.
    private static let rows: [String: [String]] = {
        let text = (try? String(contentsOf: guide, encoding: .utf8)) ?? ""
        let rows = text.split(separator: "\n").filter { $0.hasPrefix("| `") }.map { line in
            line.split(separator: "|").map { $0.trimmingCharacters(in: .whitespaces) }.filter { !$0.isEmpty }
        }
        return Dictionary(rows.map { ($0[0].replacingOccurrences(of: "`", with: ""), $0) }) { first, _ in first }
    }()

    @Test(arguments: LoaderRule.all.map(\.id)) func everyLoaderIsComplete(id: String) throws {
        let rule = try LoaderRule.named(id)
        #expect(LoaderRule.all.filter { $0.id == id }.count == 1, "two loaders have the id \(id)")
        #expect(!rule.summary.isEmpty && !rule.summary.hasSuffix("."), "\(id) needs a summary, without a full stop")
        for format in rule.formats {
            let others = LoaderRule.all.filter { $0.formats.contains(format) }.map(\.id)
            #expect(others == [id], "the log format \(format) stands for several loaders, so for none")
        }
        for variant in rule.variants {
            let others = LoaderRule.all.filter { $0.variants.contains(variant) }.map(\.id)
            #expect(others == [id], "the variant \(variant) is of several loaders")
        }
        let isTested = Self.texts.contains("\"\(id)\"")
        #expect(
            isTested,
            "\(id) needs a test in Tests/DataOrderTests: a recording of the real loader, or a property of the order"
        )
    }

    /// The table of the guide says of each loader what its rule says.
    @Test(arguments: LoaderRule.all.map(\.id)) func everyLoaderIsInTheGuide(id: String) throws {
        let rule = try LoaderRule.named(id)
        let row = try #require(Self.rows[id], "the table of \(Self.guide.lastPathComponent) needs a row for \(id)")
        try #require(row.count == 4, "the row of \(id) needs four cells: loader, order, needs, resume")
        #expect(row[1] == rule.summary, "the order of \(id) in the guide is not the summary of its rule")
        let isRight =
            switch rule.resume {
            case .goesOn: row[3].hasPrefix("goes on")
            case .startsOver: row[3].hasPrefix("starts over")
            case .mapped: !row[3].hasPrefix("goes on") && !row[3].hasPrefix("starts over")
            }
        #expect(isRight, "the guide says \"\(row[3])\" of a resume of \(id), and its rule \(rule.resume)")
    }

    @Test func everyRowOfTheGuideIsALoader() {
        let ids = Set(LoaderRule.all.map(\.id) + LoaderRule.all.flatMap(\.variants))
        let unknown = Self.rows.keys.filter { !ids.contains($0) && !["order.loader", "variant"].contains($0) }
        #expect(unknown == [], "the guide has a row for what is no loader and no variant")
    }

    @Test func anUnknownLoaderIsRefusedWithTheListOfAll() {
        #expect {
            try LoaderRule.named("contigous")
        } throws: { error in
            guard case .invalid("order.loader", "contigous", let expected)? = error as? DataOrderError else {
                return false
            }
            return LoaderRule.all.allSatisfy { expected.contains($0.id) }
        }
    }
}
