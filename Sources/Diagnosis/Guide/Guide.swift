/// The guide's pages on symptoms and causes, embedded so that `explain` needs no files beside the binary.
public enum Guide {
    /// One page.
    public struct Page: Sendable, Equatable {
        /// The id: of a symptom or a cause.
        public let id: String
        /// The page as it is published, in Markdown.
        public let markdown: String

        init(_ id: String, _ bytes: [UInt8]) {
            self.id = id
            markdown = String(decoding: bytes, as: UTF8.self)
        }
    }

    /// All pages: symptoms, then causes, each in the order of the vocabulary.
    public static let pages: [Page] = symptoms + causes
}

extension Guide.Page {
    /// The heading.
    public var title: String {
        markdown.split(separator: "\n").first { $0.hasPrefix("# ") }.map { String($0.dropFirst(2)) } ?? id
    }

    /// The first paragraph.
    public var abstract: String {
        let lines = markdown.split(separator: "\n", omittingEmptySubsequences: false).drop { !$0.hasPrefix("# ") }
        let body = lines.dropFirst().drop { $0.isEmpty }
        return body.prefix { !$0.isEmpty }.joined(separator: " ")
    }

    /// The page for a terminal: links become names, code fences an indent, directives and images nothing.
    public var plainText: String {
        var result: [String] = []
        var isCode = false
        var directiveDepth = 0
        for line in markdown.split(separator: "\n", omittingEmptySubsequences: false) {
            let trimmed = line.drop { $0 == " " }
            if trimmed.hasPrefix("```") {
                isCode.toggle()
                continue
            }
            if isCode {
                result.append("    " + line)
                continue
            }
            if trimmed.hasPrefix("@") || directiveDepth > 0 {
                directiveDepth += line.reduce(0) { $0 + ($1 == "{" ? 1 : $1 == "}" ? -1 : 0) }
                continue
            }
            if trimmed.hasPrefix("![") { continue }
            result.append(Self.plain(line))
        }
        return result.joined(separator: "\n").replacingBlankRuns() + "\n"
    }

    /// A line without Markdown's marks: `<doc:loss-spike>` becomes `loss-spike`, `## Title` becomes `TITLE`.
    private static func plain(_ line: Substring) -> String {
        if line.hasPrefix("#") {
            return line.drop { $0 == "#" || $0 == " " }.uppercased()
        }
        var text = String(line)
        for mark in ["**", "``", "`", "<doc:"] {
            text = text.split(separator: mark, omittingEmptySubsequences: false).joined()
        }
        // What is left of <doc:id> is its closing bracket.
        guard line.contains("<doc:") else { return text }
        return text.filter { $0 != ">" || line.hasPrefix(">") }
    }
}

extension String {
    /// The text with several blank lines in a row made one, and none at either end.
    fileprivate func replacingBlankRuns() -> String {
        var lines: [Substring] = []
        for line in split(separator: "\n", omittingEmptySubsequences: false) {
            if line.isEmpty, lines.last?.isEmpty ?? true { continue }
            lines.append(line)
        }
        while lines.last?.isEmpty == true { lines.removeLast() }
        return lines.joined(separator: "\n")
    }
}
