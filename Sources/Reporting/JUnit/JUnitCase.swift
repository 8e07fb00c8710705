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

    /// About how many bytes the case takes in a file, and no fewer.
    var size: Int {
        let told =
            switch outcome {
            case .passed(let output): Self.escapedSize(output ?? "") + 40
            case .failed(_, let message, let text), .error(_, let message, let text):
                min(Self.escapedSize(message), 3000) + Self.escapedSize(text) + 80
            case .skipped(let message): min(Self.escapedSize(message), 3000) + 40
            }
        let names = Self.escapedSize(classname) + Self.escapedSize(name)
        return 110 + names + told + attachments.reduce(0) { $0 + $1.utf8.count + 20 }
    }

    private static func escapedSize(_ text: String) -> Int {
        text.utf8.reduce(0) { $0 + ($1 == 0x26 || $1 == 0x3C || $1 == 0x3E || $1 == 0x22 || $1 == 0x27 ? 6 : 1) }
    }

    enum Kind: Sendable { case problem, skipped, passed }

    /// What a reader counts it as.
    var kind: Kind {
        switch outcome {
        case .passed: .passed
        case .skipped: .skipped
        case .failed, .error: .problem
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
