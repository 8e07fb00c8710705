extension Guide.Page {
    /// The page for a terminal: paragraphs fill its width, links become names, code fences an indent, pictures their
    /// description, tables aligned columns or, where these would be wider, one paragraph a row; directives become nothing.
    /// - Parameter width: The columns to fill; 40 to 120, since longer lines are hard to read. Code stays as it is.
    package func plainText(width: Int) -> String {
        let width = min(max(width, 40), 120)
        var result: [String] = []
        var paragraph: [Substring] = []
        let flush = {
            result += Self.paragraph(paragraph, width: width)
            paragraph = []
        }
        var table: [[String]] = []
        var isCode = false
        var directiveDepth = 0
        for line in markdown.split(separator: "\n", omittingEmptySubsequences: false) {
            let trimmed = line.drop { $0 == " " }
            let isText =
                !isCode && directiveDepth == 0 && !trimmed.isEmpty
                && !["|", "```", "@", "![", "#"].contains { trimmed.hasPrefix($0) }
            let isQuoteGoingOn = trimmed.hasPrefix("> ") && paragraph.first?.hasPrefix("> ") ?? false
            if !isText || (Self.marker(trimmed) != nil && !isQuoteGoingOn) { flush() }
            if isText {
                paragraph.append(isQuoteGoingOn ? trimmed.dropFirst(2) : line)
                continue
            }
            if !isCode, directiveDepth == 0, trimmed.hasPrefix("|") {
                table.append(Self.cells(trimmed))
                continue
            }
            if !table.isEmpty {
                result += Self.rows(table, width: width)
                table = []
            }
            if trimmed.hasPrefix("```") {
                isCode.toggle()
            } else if isCode {
                result.append("    " + line)
            } else if trimmed.hasPrefix("@") || directiveDepth > 0 {
                directiveDepth += line.reduce(0) { $0 + ($1 == "{" ? 1 : $1 == "}" ? -1 : 0) }
            } else if trimmed.hasPrefix("![") {
                let text = trimmed.dropFirst(2).prefix { $0 != "]" }
                result += Self.wrapped("[Picture: \(text)]", indent: "", width: width)
            } else {
                result.append(Self.plain(line))
            }
        }
        flush()
        result += Self.rows(table, width: width)
        return result.joined(separator: "\n").replacingBlankRuns() + "\n"
    }

    /// The mark of a list's item, with the space after it.
    private static func marker(_ line: Substring) -> Substring? {
        if line.hasPrefix("- ") || line.hasPrefix("> ") { return line.prefix(2) }
        let digits = line.prefix { $0.isNumber }
        return !digits.isEmpty && line.dropFirst(digits.count).hasPrefix(". ") ? line.prefix(digits.count + 2) : nil
    }

    /// The lines of a paragraph, or of an item with a hanging indent, broken at the width.
    private static func paragraph(_ lines: [Substring], width: Int) -> [String] {
        guard let first = lines.first else { return [] }
        let indent = String(first.prefix { $0 == " " })
        let mark = marker(first.drop { $0 == " " }).map(String.init) ?? ""
        let text = plain(lines.map { $0.drop { $0 == " " } }.joined(separator: " ").dropFirst(mark.count))
        let hanging = indent + String(repeating: " ", count: mark.count)
        var result = wrapped(text, indent: hanging, width: width)
        if !result.isEmpty { result[0] = indent + mark + result[0].dropFirst(hanging.count) }
        return result
    }

    /// A line without Markdown's marks: `<doc:loss-spike>` becomes `loss-spike`, `## Title` becomes `TITLE`.
    private static func plain(_ line: Substring) -> String {
        if line.hasPrefix("#") {
            return line.drop { $0 == "#" || $0 == " " }.uppercased()
        }
        var text = String(line).replacing(#/<doc:([^>]*)>/#) { String($0.1) }
        for mark in ["**", "``", "`"] {
            text = text.split(separator: mark, omittingEmptySubsequences: false).joined()
        }
        return text
    }

    /// The cells of a table's line, plain; a bar inside a cell is written `\|`.
    private static func cells(_ line: Substring) -> [String] {
        var cells: [String] = []
        var cell = ""
        var isEscaped = false
        for character in line.dropFirst() {
            if character == "|", !isEscaped {
                cells.append(cell)
                cell = ""
            } else {
                if character == "|" { cell.removeLast() }
                cell.append(character)
            }
            isEscaped = character == "\\"
        }
        return cells.map { cell in
            let inner = cell.drop { $0 == " " }
            let text = plain(inner)
            return String(text.reversed().drop { $0 == " " }.reversed())
        }
    }

    /// A table as lines.
    private static func rows(_ table: [[String]], width: Int) -> [String] {
        guard let heading = table.first else { return [] }
        let isRule: ([String]) -> Bool = { row in row.allSatisfy { $0.allSatisfy { "-: ".contains($0) } } }
        let body = table.dropFirst().filter { !isRule($0) }
        let widths = heading.indices.map { column in
            ([heading] + body).map { $0.indices.contains(column) ? $0[column].count : 0 }.max() ?? 0
        }
        guard widths.reduce(0, +) + 2 * widths.count <= width else {
            return body.flatMap { row -> [String] in
                let named = zip(heading, row).dropFirst().filter { !$0.1.isEmpty }
                return wrapped(row.first ?? "", indent: "", width: width)
                    + named.flatMap { wrapped(($0.isEmpty ? "" : $0 + ": ") + $1, indent: "    ", width: width) }
            }
        }
        let underline = widths.map { String(repeating: "-", count: $0) }
        return ([heading, underline] + body).map { row in
            let padded = zip(row, widths).map { $0 + String(repeating: " ", count: $1 - min($1, $0.count)) }
            let line = padded.joined(separator: "  ")
            return "  " + String(line.reversed().drop { $0 == " " }.reversed())
        }
    }

    private static func wrapped(_ text: String, indent: String, width: Int) -> [String] {
        var lines: [String] = []
        var line = ""
        for word in text.split(separator: " ") {
            if !line.isEmpty, indent.count + line.count + 1 + word.count > width {
                lines.append(indent + line)
                line = ""
            }
            line += (line.isEmpty ? "" : " ") + word
        }
        return line.isEmpty ? lines : lines + [indent + line]
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
