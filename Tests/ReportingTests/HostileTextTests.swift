import Diagnosis
import Foundation
import Reporting
import Terms
import Testing

#if canImport(FoundationXML)
    import FoundationXML
#endif

/// Text from logs, shards and configurations is data in every format.
@Suite struct HostileTextTests {
    static let files: [String: String] = {
        let files = (try? ReportFiles.render(Fixture.hostileAudit(), history: Fixture.history())) ?? []
        return Dictionary(files.map { ($0.name, $0.contents) }, uniquingKeysWith: { first, _ in first })
    }()

    static let names: [String] =
        ReportFiles.names.filter { $0 != "loss-scale.svg" }
        + ["plots/finding-1.svg", "plots/replay-1-losses.svg", "plots/replay-1-operations.svg"]

    @Test(arguments: names)
    func everyFileIsFreeOfControlAndDirectionCharacters(name: String) throws {
        let text = try #require(Self.files[name])
        let bad = text.unicodeScalars.first { $0 != "\n" && SafeText.isUnsafe($0) }
        #expect(bad == nil)
        #expect(!text.isEmpty)
    }

    @Test(arguments: names.filter { !$0.hasSuffix(".json") && !$0.hasSuffix(".md") })
    func markupStaysWellFormedAndHoldsNoForeignElement(name: String) throws {
        let outline = try XMLOutline(try #require(Self.files[name]))
        #expect(outline.error == nil)
        #expect(outline.elements["script"] == nil)
        #expect(outline.elements["iframe"] == nil)
        #expect(outline.elements["b"] == nil)
        #expect(outline.attributes.allSatisfy { !$0.name.lowercased().hasPrefix("on") })
        #expect(outline.addresses.allSatisfy { $0.hasPrefix("#") || $0.hasPrefix("https://") })
    }

    @Test func theHTMLReportNeedsNothingFromOutside() throws {
        let outline = try XMLOutline(try #require(Self.files["report.html"]))
        for element in ["script", "link", "img", "iframe", "object", "embed", "form", "base", "use", "image"] {
            #expect(outline.elements[element] == nil)
        }
        let policy = outline.attributes.first { $0.name == "content" && $0.value.contains("default-src") }?.value
        #expect(policy == "default-src 'none'; style-src 'unsafe-inline'; img-src data:")
        #expect(!outline.attributes.contains { $0.name == "src" })
        #expect(outline.text.contains("{{run}} {{{style}}}"), "template syntax in data is not evaluated")
    }

    @Test func aGuideThatIsNoWebAddressIsNotALink() throws {
        var report = Fixture.anomalous()
        let linked = try HTMLReport.text(report, history: nil)
        #expect(linked.contains("<a href=\"https://example.org/guide/documentation/diagnosis/corrupt-shard\""))
        report.voice.guide = "javascript:alert(1)"
        let plain = try HTMLReport.text(report, history: nil)
        #expect(!plain.contains("javascript:"))
        #expect(plain.contains("trainaudit explain learning-rate-high"))
        #expect(GuideLink("HTTPS://example.org/a", id: "x") == .address("HTTPS://example.org/a"))
        #expect(GuideLink("data:text/html,x", id: "x") == .command("trainaudit explain x"))
        #expect(GuideLink("https://a\" onclick=\"b", id: "x;rm -rf") == .command("trainaudit explain xrm-rf"))
        #expect(
            GuideLink("documentation/diagnosis/x", id: "corrupt-shard") == .command("trainaudit explain corrupt-shard")
        )
    }

    @Test func markdownCannotFormMarkupMentionsOrCommands() throws {
        let text = try #require(Self.files["summary.md"])
        #expect(text.utf8.count < 1_000_000)
        for line in text.split(separator: "\n") {
            #expect(!line.hasPrefix("::"))
            let prose = line.replacing(try Regex("(`+).*?[^`]\\1(?!`)"), with: "")
            #expect(!prose.contains("::"))
            #expect(!prose.contains("<script"))
            #expect(!prose.contains("@everyone"))
            #expect(!prose.contains("**bold**"))
            #expect(!prose.contains("[link]("))
            #expect(!prose.contains("https://evil"))
        }
        #expect(
            MarkdownSummary.escape("a|b *c* `d` <e> @f #1 https://g www.h ::i:: $j")
                == "a\\|b \\*c\\* \\`d\\` &lt;e&gt; @&#8203;f #&#8203;1 https&#58;//g www&#46;h &#58;&#58;i&#58;&#58; \\$j"
        )
        #expect(MarkdownSummary.code("a`b``c") == "```a`b``c```")
        #expect(MarkdownSummary.code("`a`") == "`` `a` ``")
        #expect(MarkdownSummary.code("a|b", inTable: true) == "`a\\|b`")
        #expect(
            !MarkdownSummary.code("a\\|b", inTable: true).contains("\\\\|"),
            "a bar after a backslash cuts the cell"
        )
        #expect(
            GuideLink("https://x/>\u{301}[a](https://evil)", id: "x") == .command("trainaudit explain x"),
            "a mark that combines with a bracket does not hide it"
        )
    }

    @Test func annotationsAreOneCommandEachAndHoldNoOther() {
        let commands = GitHubAnnotations.commands(Fixture.hostileAudit())
        #expect(!commands.isEmpty)
        for command in commands {
            #expect(command.hasPrefix("::error title=") || command.hasPrefix("::warning title="))
            #expect(!command.unicodeScalars.contains { $0 == "\n" || $0 == "\r" || SafeText.isUnsafe($0) })
            // The title ends at the first `::` after it, so that none may be inside.
            let title = command.drop { $0 != "=" }.dropFirst().prefix { $0 != ":" }
            #expect(!title.contains(",") && title.contains("%3A%3Aerror"))
        }
        #expect(GitHubAnnotations.property("a:b,c%\n") == "a%3Ab%2Cc%25%0A")
    }

    @Test func theCodeQualityReportIsValidJSON() throws {
        let json = try CodeQuality.json(Fixture.hostileAudit())
        #expect(!json.unicodeScalars.contains { $0 != "\n" && SafeText.isUnsafe($0) })
        let issues = try #require(try JSONSerialization.jsonObject(with: Data(json.utf8)) as? [[String: Any]])
        #expect(issues.count == 3, "one of four is accepted")
        for issue in issues {
            #expect(Set(issue.keys) == ["description", "check_name", "fingerprint", "severity", "location"])
        }
    }

    @Test func terminalTextHoldsNoEscapeUnlessColourIsAsked() {
        let document = Fixture.hostileAudit()
        let plain = TerminalText.audit(document, history: Fixture.history())
        #expect(!plain.unicodeScalars.contains { $0 != "\n" && SafeText.isUnsafe($0) })
        let coloured = TerminalText.audit(document, style: TerminalStyle(hasColor: true, width: 80))
        let withoutOurs = coloured.replacing(try! Regex("\u{1B}\\[[0-9;]+m"), with: "")
        #expect(coloured != withoutOurs)
        #expect(!withoutOurs.unicodeScalars.contains { $0 != "\n" && SafeText.isUnsafe($0) })
        let verify = TerminalText.verify(VerifyReport(verdict: .anomalous, shards: document.shards))
        #expect(!verify.unicodeScalars.contains { $0 != "\n" && SafeText.isUnsafe($0) })
    }

    @Test func aMegabyteLineIsCutAndCounted() {
        let text = SafeText.line(String(repeating: "x", count: 1_000_000))
        #expect(text.hasSuffix("(999400 more characters)"))
        #expect(text.utf8.count < 700)
        let marks = SafeText.line("e" + String(repeating: "\u{301}", count: 1_000_000))
        #expect(marks.utf8.count < 2000)
    }

    @Test func jsonEscapesWhatATerminalWouldObey() throws {
        let json = try JSONOutput.encode([Fixture.hostile + "\u{E0041}"])
        #expect(json.contains("\\u001b"))
        #expect(json.contains("\\u009b"))
        #expect(json.contains("\\u202e"))
        #expect(json.contains("\\udb40\\udc41"))
        let decoded = try JSONDecoder().decode([String].self, from: Data(json.utf8))
        #expect(decoded == [Fixture.hostile + "\u{E0041}"])
    }

    @Test func noLineOfTheOutputIsAWorkflowCommand() {
        let text = "Seen: it stopped\n    ::error::made up\n::add-mask::x\n* ##[error]q.bin\na::b\n"
        #expect(
            WorkflowText.inert(text)
                == "Seen: it stopped\n    : :error::made up\n: :add-mask::x\n* ## [error]q.bin\na::b\n"
        )
        #expect(WorkflowText.inert("plain\n") == "plain\n")
        #expect(WorkflowText.inert(json: "{\"name\": \"##[error]q.bin\"}") == "{\"name\": \"#\\u0023[error]q.bin\"}")
    }
}

/// The elements, attributes and text of an XML document.
final class XMLOutline: NSObject, XMLParserDelegate {
    var elements: [String: Int] = [:]
    var attributes: [(name: String, value: String)] = []
    var text = ""
    var error: (any Error)?

    var addresses: [String] { attributes.filter { $0.name == "href" }.map(\.value) }

    init(_ string: String) throws {
        super.init()
        let parser = XMLParser(data: Data(string.utf8))
        parser.delegate = self
        if !parser.parse() { error = parser.parserError ?? CocoaError(.coderReadCorrupt) }
    }

    func parser(
        _ parser: XMLParser,
        didStartElement name: String,
        namespaceURI: String?,
        qualifiedName: String?,
        attributes: [String: String] = [:]
    ) {
        elements[name.lowercased(), default: 0] += 1
        self.attributes += attributes.map { (name: $0.key, value: $0.value) }
    }

    func parser(_ parser: XMLParser, foundCharacters string: String) { text += string }
}
