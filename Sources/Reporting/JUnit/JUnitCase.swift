/// One test case of a JUnit file.
struct JUnitCase: Sendable {
    enum Outcome: Sendable {
        case passed(output: String?)
        case failed(type: String, message: String, text: String)
        case error(type: String, message: String, text: String)
        case skipped(message: String)
    }

    var classname: String
    var name: String
    var outcome: Outcome
    /// Files that a CI system shows beside the case, as paths that it can follow.
    var attachments: [String] = []

    init(classname: String, name: String, outcome: Outcome) {
        self.classname = SafeText.line(classname, limit: 200)
        self.name = SafeText.line(name, limit: 200)
        self.outcome = outcome
    }

    /// About how many bytes the case takes in a file.
    var size: Int {
        let told =
            switch outcome {
            case .passed(let output): output?.utf8.count ?? 0
            case .failed(_, let message, let text), .error(_, let message, let text):
                min(message.utf8.count, 700) + text.utf8.count + 80
            case .skipped(let message): min(message.utf8.count, 700) + 40
            }
        return 110 + classname.utf8.count + name.utf8.count + told + attachments.reduce(0) { $0 + $1.utf8.count + 20 }
    }

    /// Whether it may be left out where there is no room: it says that all is well.
    var isQuiet: Bool {
        switch outcome {
        case .passed, .skipped: true
        case .failed, .error: false
        }
    }

    /// The case with no more than a line of text.
    var shortened: JUnitCase {
        var result = self
        switch outcome {
        case .passed: result.outcome = .passed(output: nil)
        case .failed(let type, let message, _):
            result.outcome = .failed(type: type, message: SafeText.line(message, limit: 120), text: "")
        case .error(let type, let message, _):
            result.outcome = .error(type: type, message: SafeText.line(message, limit: 120), text: "")
        case .skipped(let message): result.outcome = .skipped(message: SafeText.line(message, limit: 120))
        }
        return result
    }

    var markup: Markup {
        var children: [Markup] = []
        switch outcome {
        case .passed(let output):
            if let output { children.append(Markup("system-out", text: Self.text(output) + attached)) }
        case .failed(let type, let message, let text):
            children.append(problem("failure", type: type, message: message, text: text))
        case .error(let type, let message, let text):
            children.append(problem("error", type: type, message: message, text: text))
        case .skipped(let message):
            children.append(Markup("skipped", ["message": Self.inert(SafeText.line(message))]))
        }
        if children.last?.name != "system-out", !attachments.isEmpty {
            children.append(Markup("system-out", text: String(attached.dropFirst())))
        }
        return Markup("testcase", ["name": name, "classname": classname, "time": "0.000"], children: children)
    }

    /// The marks of Jenkins and GitLab, each on a line of its own.
    private var attached: String {
        attachments.filter { !$0.contains("]") && !$0.contains("\n") }.map { "\n[[ATTACHMENT|\($0)]]" }.joined()
    }

    /// Text in which nothing is such a mark: a line of a log must not make a runner publish a file of its choice.
    private static func text(_ text: String) -> String { inert(SafeText.block(text)) }

    private static func inert(_ text: String) -> String {
        // The search costs more than all else here, and hardly any text has what it looks for.
        guard text.contains("[[") else { return text }
        return text.replacing(#/\[\[(?i:attachment)/#) { "[ [" + $0.output.dropFirst(2) }
    }

    private func problem(_ element: String, type: String, message: String, text: String) -> Markup {
        Markup(
            element,
            ["message": Self.inert(SafeText.line(message)), "type": SafeText.line(type, limit: 60)],
            text: Self.text(text)
        )
    }
}
