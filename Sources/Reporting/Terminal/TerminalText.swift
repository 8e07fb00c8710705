import Terms
import TrainingLogs

/// The results of the commands as text for standard output.
///
/// Everything that comes from logs and shards is cleaned of control characters and direction marks first.
public enum TerminalText {
    /// The first line: what a command came to, and a sentence.
    /// - Parameter word: The verdict as it is printed, where that is more than its id.
    static func verdict(
        _ verdict: Verdict,
        word: String? = nil,
        _ sentence: String,
        _ lines: inout TerminalLines
    ) {
        let role: TerminalStyle.Role =
            switch verdict {
            case .healthy: .good
            case .undetermined: .warning
            case .anomalous: .bad
            }
        lines.add(label: "\(word ?? verdict.id):", sentence, labelRole: role, role: .bold)
    }

    /// A labelled fact below the first line.
    static func fact(_ label: String, _ text: String, _ lines: inout TerminalLines) {
        lines.add(label: label, text, indent: 2, labelRole: .dim)
    }

    /// The loss in one line of blocks; nothing without one.
    static func loss(_ history: TrainingHistory?, _ lines: inout TerminalLines) {
        guard let history, !history.train.isEmpty else { return }
        fact("loss   ", sparkline(history.train.merged().values, width: min(lines.style.width - 12, 72)), &lines)
    }

    /// A headed list; nothing of an empty one.
    static func list(_ title: String, _ items: [String], _ lines: inout TerminalLines) {
        guard !items.isEmpty else { return }
        lines.blank()
        lines.add(title, .bold)
        for item in items { lines.add(label: "-", item, indent: 2) }
    }

    /// A text at the right of a column.
    static func right(_ text: String, _ width: Int) -> String { padding(text, to: width) + text }

    /// A text at the left of a column.
    static func left(_ text: String, _ width: Int) -> String { text + padding(text, to: width) }

    private static func padding(_ text: String, to width: Int) -> String {
        String(repeating: " ", count: max(width - text.columns, 0))
    }
}
