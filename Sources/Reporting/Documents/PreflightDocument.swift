/// The machine-readable result of `trainaudit preflight`.
public struct PreflightDocument: Codable, Sendable, Equatable {
    /// One check.
    public struct Check: Codable, Sendable, Equatable {
        /// The check, the same from run to run: `initial-loss`, `overfit`, …
        public var id: String
        /// `passed`, `failed`, `warning` or `skipped`.
        public var outcome: String
        /// What was measured and what was expected, or why it was skipped.
        public var detail: String

        /// Creates a document.
        public init(id: String, outcome: String, detail: String) {
            self.id = id
            self.outcome = outcome
            self.detail = detail
        }
    }

    /// The schema of this document.
    public var schema = "trainaudit.preflight/1"
    /// The run's name, as configured.
    public var run: String
    /// `failed` where any check is, else `warning`, else `passed`.
    public var verdict: String
    /// The model in a few words: its kind, layers, channels, parameters and vocabulary.
    public var model: String
    /// In a fixed order.
    public var checks: [Check]

    /// Creates a document.
    public init(run: String, model: String, checks: [Check]) {
        self.run = run
        self.model = model
        self.checks = checks
        let outcomes = checks.map(\.outcome)
        verdict = outcomes.contains("failed") ? "failed" : outcomes.contains("warning") ? "warning" : "passed"
    }
}

extension JUnitReport {
    /// A preflight as a file: one case for each check; warnings pass, with their text as output.
    public static func xml(_ document: PreflightDocument) throws -> String {
        let cases = document.checks.map { check in
            let outcome: JUnitCase.Outcome =
                switch check.outcome {
                case "failed": .failed(type: "preflight", message: check.detail, text: check.detail)
                case "skipped": .skipped(message: check.detail)
                default: .passed(output: check.detail)
                }
            return JUnitCase(classname: "preflight", name: check.id, outcome: outcome)
        }
        return try xml(run: document.run, suite: "preflight", cases: cases)
    }
}

extension TerminalText {
    /// The result of `trainaudit preflight`: a line for each check.
    public static func preflight(_ document: PreflightDocument, style: TerminalStyle = TerminalStyle()) -> String {
        var lines = TerminalLines(style)
        lines.add(label: "preflight:", "\(document.verdict), \(document.model)", labelRole: .bold, role: .bold)
        lines.blank()
        for check in document.checks {
            let mark = check.outcome.padded(to: 8)
            let role: TerminalStyle.Role? =
                check.outcome == "failed" ? .bad : check.outcome == "skipped" ? .dim : nil
            lines.add(label: "\(mark)\(check.id.padded(to: 17))", check.detail, indent: 2, labelRole: role)
        }
        return lines.text
    }
}

extension String {
    fileprivate func padded(to width: Int) -> String {
        self + String(repeating: " ", count: Swift.max(width - count, 1))
    }
}
