import Diagnosis
import Guide
import Terms

/// What the guide says to do about a symptom or a cause, inside the report: it reads without the network.
struct GuideExcerpt {
    /// The id of the page in the vocabulary.
    var guideId: String
    var guideAnchor: String
    var guideTitle: String
    var guideCommand: String
    /// The address of the whole page, where the configuration names a published guide.
    var guideAddress: String?
    /// The sections on what to do, as HTML.
    var guideText: String

    /// More pages than this are a book; their names lead to `explain`.
    private static let limit = 24
    private static let headings: Set<String> = ["What to do first", "The fix", "How to confirm"]

    /// The excerpts for all symptoms and causes that some findings name, each once.
    static func all(_ findings: [Finding], _ voice: Voice) -> [GuideExcerpt] {
        let ids = findings.flatMap { finding in
            finding.symptoms.map(\.kind.rawValue) + finding.hypotheses.prefix(4).map(\.cause.rawValue)
        }
        var seen: Set<String> = []
        return Array(ids.filter { seen.insert($0).inserted }.compactMap { GuideExcerpt($0, voice) }.prefix(limit))
    }

    private init?(_ id: String, _ voice: Voice) {
        guard let page = Guide.pages.first(where: { $0.id == id }) else { return nil }
        guideId = page.id
        guideAnchor = "guide-\(page.id)"
        guideTitle = page.title
        guideCommand = "trainaudit explain \(page.id)"
        if case .address(let address) = GuideLink(id: id, voice) { guideAddress = address }
        var sections: [(title: Substring, lines: [Substring])] = []
        for line in page.markdown.split(separator: "\n", omittingEmptySubsequences: false) {
            if line.hasPrefix("## ") {
                sections.append((line.dropFirst(3), []))
            } else if !sections.isEmpty {
                sections[sections.count - 1].lines.append(line)
            }
        }
        guideText = sections.filter { Self.headings.contains(String($0.title)) }.map { section in
            "<h3>\(section.title)</h3>\n" + Self.html(section.lines, caption: "\(page.title): \(section.title)")
        }.joined()
        if guideText.isEmpty { return nil }
    }

    /// The Markdown that the guide's pages use: paragraphs, lists, code, tables.
    private static func html(_ lines: [Substring], caption: String) -> String {
        var result = ""
        var block: [Substring] = []
        var isCode = false
        for line in lines + [""] {
            if line.hasPrefix("```") {
                if isCode {
                    result += "<pre class=\"scroll\" tabindex=\"0\" role=\"group\" aria-label=\"\(caption)\"><code>"
                }
                if isCode { result += block.map(escaped).joined(separator: "\n") + "</code></pre>\n" }
                if !isCode { result += html(block: block, caption: caption) }
                block = []
                isCode.toggle()
            } else if line.isEmpty && !isCode {
                result += html(block: block, caption: caption)
                block = []
            } else {
                block.append(line)
            }
        }
        return result
    }

    private static func html(block: [Substring], caption: String) -> String {
        guard let first = block.first else { return "" }
        if first.hasPrefix("|") { return table(block, caption: caption) }
        if first.hasPrefix("@") || first.hasPrefix("![") { return "" }
        let isItem = { (line: Substring) in
            let digits = line.prefix { $0.isNumber }
            return line.hasPrefix("- ") || (!digits.isEmpty && line.dropFirst(digits.count).hasPrefix(". "))
        }
        guard isItem(first) else {
            let text = block.map { $0.hasPrefix("> ") ? $0.dropFirst(2) : $0 }.joined(separator: " ")
            return "<p>\(inline(text))</p>\n"
        }
        var items: [String] = []
        for line in block {
            if isItem(line), let space = line.firstIndex(of: " ") {
                items.append(String(line[line.index(after: space)...]))
            } else if !items.isEmpty {
                items[items.count - 1] += " " + line.drop { $0 == " " }
            }
        }
        let name = first.hasPrefix("- ") ? "ul" : "ol"
        // A list that goes on behind a block of code goes on counting.
        let number = first.prefix { $0.isNumber }
        let start = number.isEmpty || number == "1" ? "" : " start=\"\(number)\""
        return "<\(name)\(start)>\n" + items.map { "<li>\(inline($0))</li>\n" }.joined() + "</\(name)>\n"
    }

    private static func table(_ lines: [Substring], caption: String) -> String {
        let rows = lines.map { line in
            line.replacing("\\|", with: "\u{0}").split(separator: "|", omittingEmptySubsequences: false)
                .dropFirst().dropLast().map { inline($0.replacing("\u{0}", with: "|").trimmed) }
        }
        guard let heading = rows.first else { return "" }
        var result = "<div class=\"scroll\" tabindex=\"0\" role=\"group\" aria-label=\"\(caption)\">\n<table>\n"
        result += "<caption>\(caption)</caption>\n<thead><tr>"
        result += heading.map { "<th scope=\"col\">\($0)</th>" }.joined() + "</tr></thead>\n<tbody>\n"
        for row in rows.dropFirst(2) {
            result += "<tr>" + row.map { "<td>\($0)</td>" }.joined() + "</tr>\n"
        }
        return result + "</tbody>\n</table>\n</div>\n"
    }

    /// Code, emphasis, and names of other pages.
    private static func inline(_ text: String) -> String {
        let plain = text.replacing(#/<doc:([^>]*)>/#) { String($0.1) }
        return plain.replacing("``", with: "`").split(separator: "`", omittingEmptySubsequences: false).enumerated()
            .map { index, part in
                guard index % 2 == 0 else { return "<code>\(escaped(part))</code>" }
                return escaped(part).replacing(#/\*\*([^*]+)\*\*/#) { "<strong>\($0.1)</strong>" }
                    .replacing(#/\*([^*]+)\*/#) { "<em>\($0.1)</em>" }
            }.joined()
    }

    private static func escaped(_ text: some StringProtocol) -> String { XMLContentType().escapeText(String(text)) }
}

extension StringProtocol {
    /// Without spaces at the ends.
    fileprivate var trimmed: String {
        String(drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
    }
}
