/// Output that a CI runner reads for commands: GitHub takes lines that begin with `::` after white space, and `##[`
/// anywhere in a line, from whatever a step prints.
public enum WorkflowText {
    /// Text in which nothing from a log or a name is a command; a space in each is all that a reader sees of it.
    public static func inert(_ text: String) -> String {
        guard text.contains("::") || text.contains("##[") else { return text }
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false).map { line -> String in
            let indent = line.prefix { $0.isWhitespace }
            let rest = line.dropFirst(indent.count)
            return rest.hasPrefix("::") ? indent + ": :" + rest.dropFirst(2) : String(line)
        }
        return lines.joined(separator: "\n").replacing("##[", with: "## [")
    }

    /// JSON with the same value, in which no line is a command.
    public static func inert(json text: String) -> String { text.replacing("##[", with: "#\\u0023[") }
}
