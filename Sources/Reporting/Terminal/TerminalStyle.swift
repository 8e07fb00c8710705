import Terms

/// How text for a terminal looks.
public struct TerminalStyle: Sendable, Equatable {
    /// Whether to colour with ANSI escapes; only when the caller asks, who knows about `NO_COLOR` and pipes.
    public var hasColor: Bool
    /// The number of columns to fill.
    public var width: Int

    /// Creates a style.
    public init(hasColor: Bool = false, width: Int = 100) {
        self.hasColor = hasColor
        self.width = min(max(width, 40), 240)
    }

    package enum Role: String, Sendable {
        case bold = "1"
        case dim = "2"
        case good = "32"
        case warning = "33"
        case bad = "1;31"
        case note = "36"
    }

    package func paint(_ text: String, _ role: Role) -> String {
        hasColor && !text.isEmpty ? "\u{1B}[\(role.rawValue)m\(text)\u{1B}[0m" : text
    }

    package func role(_ severity: Severity) -> Role {
        switch severity {
        case .failure: .bad
        case .warning: .warning
        case .info: .note
        }
    }
}

/// Lines of text for a terminal: wrapped, with a hanging indent.
package struct TerminalLines: Sendable {
    package let style: TerminalStyle
    private var lines: [String] = []

    package init(_ style: TerminalStyle) {
        self.style = style
    }

    package var text: String { lines.joined(separator: "\n") + "\n" }

    package mutating func blank() {
        if lines.last?.isEmpty == false { lines.append("") }
    }

    /// A line as it is.
    package mutating func add(_ line: String, _ role: TerminalStyle.Role? = nil) {
        lines.append(role.map { style.paint(line, $0) } ?? line)
    }

    /// A labelled paragraph: the label stands at the indent, the text wraps beside it.
    package mutating func add(
        label: String,
        _ text: String,
        indent: Int = 0,
        labelRole: TerminalStyle.Role? = nil,
        role: TerminalStyle.Role? = nil
    ) {
        let label = SafeText.line(label, limit: 200)
        let hanging = indent + label.columns + (label.isEmpty ? 0 : 1)
        let wrapped = Self.wrap(SafeText.line(text, limit: 4000), width: max(style.width - hanging, 20))
        for (index, line) in wrapped.enumerated() {
            let painted = role.map { style.paint(line, $0) } ?? line
            if index == 0 {
                let head = labelRole.map { style.paint(label, $0) } ?? label
                lines.append(Self.spaces(indent) + head + (label.isEmpty ? "" : " ") + painted)
            } else {
                lines.append(Self.spaces(hanging) + painted)
            }
        }
    }

    private static func spaces(_ count: Int) -> String { String(repeating: " ", count: max(count, 0)) }

    /// Breaks a text at spaces; a longer word stays whole, so that it can be copied.
    package static func wrap(_ text: String, width: Int) -> [String] {
        var result: [String] = []
        var line = ""
        for word in text.split(separator: " ") {
            if !line.isEmpty && line.columns + 1 + word.columns > width {
                result.append(line)
                line = ""
            }
            line += (line.isEmpty ? "" : " ") + word
        }
        result.append(line)
        return result
    }
}
