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
        text.replacing(#/\[\[(?i:attachment)/#) { "[ [" + $0.output.dropFirst(2) }
    }

    private func problem(_ element: String, type: String, message: String, text: String) -> Markup {
        Markup(
            element,
            ["message": Self.inert(SafeText.line(message)), "type": SafeText.line(type, limit: 60)],
            text: Self.text(text)
        )
    }
}
