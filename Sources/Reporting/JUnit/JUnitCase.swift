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

    init(classname: String, name: String, outcome: Outcome) {
        self.classname = SafeText.line(classname, limit: 200)
        self.name = SafeText.line(name, limit: 200)
        self.outcome = outcome
    }

    var markup: Markup {
        var children: [Markup] = []
        switch outcome {
        case .passed(let output):
            if let output { children.append(Markup("system-out", text: SafeText.block(output))) }
        case .failed(let type, let message, let text):
            children.append(problem("failure", type: type, message: message, text: text))
        case .error(let type, let message, let text):
            children.append(problem("error", type: type, message: message, text: text))
        case .skipped(let message):
            children.append(Markup("skipped", ["message": SafeText.line(message)]))
        }
        return Markup("testcase", ["name": name, "classname": classname, "time": "0.000"], children: children)
    }

    private func problem(_ element: String, type: String, message: String, text: String) -> Markup {
        Markup(
            element,
            ["message": SafeText.line(message), "type": SafeText.line(type, limit: 60)],
            text: SafeText.block(text)
        )
    }
}
