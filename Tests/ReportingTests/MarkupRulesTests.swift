import Foundation
import Reporting
import Testing

#if canImport(FoundationXML)
    import FoundationXML
#endif

/// Rules of HTML that neither an XML parser nor axe looks at: what may stand in what, what has to be there, what must not.
@Suite struct MarkupRulesTests {
    static func pages() throws -> [(name: String, root: Element)] {
        let (everything, history) = MorePlotTests.everything()
        var accepted = Fixture.compared()
        Baseline(entries: [.init(subject: .finding("loss-spike-230"), until: "2026-12-31", reason: "known")])
            .apply(to: &accepted, today: "2026-12-31")
        let pages: [(String, AuditReport, Bool)] = [
            ("everything", everything, true), ("accepted", accepted, true), ("healthy", Fixture.healthy(), true),
            ("hostile", Fixture.hostileAudit(), true), ("no log", Fixture.healthy(), false),
        ]
        return try pages.map { name, document, hasLog in
            (name, try ElementTree.read(HTMLReport.text(document, history: hasLog ? history : nil)))
        }
    }

    /// HTML's content model, as far as the report uses it.
    @Test func elementsStandWhereTheyMay() throws {
        let children: [String: Set<String>] = [
            "ul": ["li"], "ol": ["li"], "dl": ["div"], "table": ["caption", "thead", "tbody"], "thead": ["tr"],
            "tbody": ["tr"], "tr": ["th", "td"], "html": ["head", "body"],
        ]
        let parents: [String: Set<String>] = [
            "li": ["ul", "ol"], "dt": ["div"], "dd": ["div"], "caption": ["table"], "summary": ["details"],
            "figcaption": ["figure"], "tr": ["thead", "tbody"], "h1": ["header"],
        ]
        let phrasing: Set<String> = [
            "p", "h1", "h2", "h3", "h4", "h5", "summary", "code", "strong", "em", "span", "a", "dt", "th",
        ]
        let flow: Set<String> = [
            "p", "div", "ul", "ol", "dl", "table", "section", "article", "figure", "details", "pre", "h2", "h3", "h4",
            "h5",
        ]
        for (name, root) in try Self.pages() {
            for element in root.all {
                if let allowed = children[element.name] {
                    for child in element.children {
                        #expect(allowed.contains(child.name), "\(name): \(child.name) in \(element.path)")
                    }
                    #expect(!element.hasOwnText, "\(name): text in \(element.path)")
                    #expect(!element.children.isEmpty, "\(name): nothing in \(element.path)")
                }
                if let allowed = parents[element.name], !element.path.contains("svg") {
                    #expect(allowed.contains(element.parent), "\(name): \(element.path)")
                }
                if phrasing.contains(element.name) {
                    let blocks = element.all.dropFirst().filter { flow.contains($0.name) }.map(\.name)
                    #expect(blocks.isEmpty, "\(name): \(blocks) in \(element.path)")
                }
                if ["a", "button", "summary"].contains(element.name) {
                    let inner = element.all.dropFirst().filter { ["a", "button"].contains($0.name) }
                    #expect(inner.isEmpty, "\(name): a link in \(element.path)")
                }
            }
        }
    }

    @Test func rowsOfATableHaveItsColumns() throws {
        for (name, root) in try Self.pages() {
            for table in root.all where table.name == "table" {
                let counts = Set(table.all.filter { $0.name == "tr" }.map { $0.children.count })
                #expect(counts.count == 1, "\(name): \(table.path) has rows of \(counts.sorted()) cells")
            }
        }
    }

    @Test func headingsDescendWithoutAGapAndSaySomething() throws {
        for (name, root) in try Self.pages() {
            var last = 0
            for heading in root.all where heading.name.wholeMatch(of: #/h[1-6]/#) != nil {
                let level = Int(heading.name.dropFirst()) ?? 0
                #expect(level <= last + 1, "\(name): \(heading.name) \"\(heading.text)\" after h\(last)")
                #expect(
                    !heading.text.trimmingCharacters(in: .whitespacesAndNewlines).isEmpty,
                    "\(name): \(heading.path)"
                )
                last = level
            }
        }
    }

    @Test func attributesAreOnesThatHTMLHas() throws {
        let global: Set<String> = ["id", "class", "lang", "tabindex", "role", "style", "data-label"]
        let own: [String: Set<String>] = [
            "a": ["href", "rel"], "meta": ["charset", "content", "http-equiv", "name"], "th": ["scope"],
            "details": ["open"],
        ]
        for (name, root) in try Self.pages() {
            for element in root.all where !element.path.contains("svg") {
                for attribute in element.attributes.keys {
                    let isKnown =
                        global.contains(attribute) || attribute.hasPrefix("aria-")
                        || own[element.name]?.contains(attribute) ?? false
                    #expect(isKnown, "\(name): \(attribute) of \(element.path)")
                }
                #expect(element.attributes["tabindex"].map { $0 == "0" } ?? true, "\(name): \(element.path)")
                if let style = element.attributes["style"] {
                    #expect(style.wholeMatch(of: #/(width|left):[0-9.]+%/#) != nil, "\(name): \(style)")
                }
                if element.attributes["aria-label"] != nil {
                    // A name on an element without a role is told by no screen reader.
                    let hasRole =
                        element.attributes["role"] != nil || ["figure", "nav", "section"].contains(element.name)
                    #expect(hasRole, "\(name): aria-label on \(element.path)")
                }
            }
        }
    }

    @Test func linksInsideThePageLeadSomewhere() throws {
        for (name, root) in try Self.pages() {
            let ids = Set(root.all.compactMap { $0.attributes["id"] })
            for link in root.all where link.name == "a" {
                let target = try #require(link.attributes["href"])
                if target.hasPrefix("#") {
                    #expect(ids.contains(String(target.dropFirst())), "\(name): \(target)")
                } else {
                    #expect(target.hasPrefix("https://") || target.hasPrefix("http://"), "\(name): \(target)")
                    #expect(link.attributes["rel"]?.contains("noopener") == true)
                }
            }
        }
    }

    @Test func theAdviceOfTheGuideIsInsideWhereNoGuideIsPublished() throws {
        var document = Fixture.anomalous()
        document.voice.guide = nil
        let root = try ElementTree.read(HTMLReport.text(document, history: Fixture.history()))
        let links = root.all.compactMap { $0.name == "a" ? $0.attributes["href"] : nil }
        #expect(links.contains("#guide-loss-spike") && links.contains("#guide-corrupt-shard"))
        #expect(!links.contains { $0.hasPrefix("http") })
        let page = try #require(root.all.first { $0.attributes["id"] == "guide-corrupt-shard" })
        #expect(page.text.contains("trainaudit verify shards.lock.json -d data --repair"))
        #expect(page.text.contains("trainaudit explain corrupt-shard"))
        #expect(page.all.contains { $0.name == "table" } && page.all.contains { $0.name == "pre" })
        #expect(!page.text.contains("`") && !page.text.contains("<doc:") && !page.text.contains("**"))
    }
}

/// An element of a page with all below it.
final class Element {
    let name: String
    let attributes: [String: String]
    let parent: String
    /// The names from the root on.
    let path: String
    fileprivate(set) var children: [Element] = []
    fileprivate(set) var ownText = ""
    fileprivate(set) var text = ""

    fileprivate init(_ name: String, _ attributes: [String: String], in parent: Element?) {
        self.name = name
        self.attributes = attributes
        self.parent = parent?.name ?? ""
        path = (parent.map { $0.path + " > " } ?? "") + name + (attributes["id"].map { "#" + $0 } ?? "")
    }

    /// The element and all below it, in order.
    var all: [Element] { [self] + children.flatMap(\.all) }

    var hasOwnText: Bool { !ownText.trimmingCharacters(in: .whitespacesAndNewlines).isEmpty }
}

/// Reads a page, which is well-formed XML.
final class ElementTree: NSObject, XMLParserDelegate {
    private var open: [Element] = []
    private var root: Element?

    static func read(_ html: String) throws -> Element {
        let tree = ElementTree()
        let parser = XMLParser(data: Data(html.utf8))
        parser.delegate = tree
        guard parser.parse() else { throw parser.parserError ?? CocoaError(.coderReadCorrupt) }
        return try #require(tree.root)
    }

    func parser(
        _ parser: XMLParser,
        didStartElement name: String,
        namespaceURI: String?,
        qualifiedName: String?,
        attributes: [String: String] = [:]
    ) {
        let element = Element(name, attributes, in: open.last)
        open.last?.children.append(element)
        root = root ?? element
        open.append(element)
    }

    func parser(_ parser: XMLParser, foundCharacters string: String) {
        open.last?.ownText += string
        for element in open { element.text += string }
    }

    func parser(_ parser: XMLParser, didEndElement name: String, namespaceURI: String?, qualifiedName: String?) {
        open.removeLast()
    }
}
