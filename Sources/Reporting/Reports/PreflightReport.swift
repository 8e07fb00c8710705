/// The machine-readable result of `trainaudit preflight`.
public struct PreflightReport: Codable, Sendable, Equatable {
    /// One check before a long run.
    public struct Check: Codable, Sendable, Equatable {
        /// How a check went.
        public enum Outcome: String, Codable, Sendable {
            case passed, failed, warning, skipped
        }

        /// The check, the same from run to run: `initial-loss`, `overfit`, …
        public var id: String
        /// How it went.
        public var outcome: Outcome
        /// What was measured and what was expected, or why it was skipped.
        public var detail: String

        /// Creates a check.
        public init(id: String, outcome: Outcome, detail: String) {
            self.id = id
            self.outcome = outcome
            self.detail = detail
        }
    }

    /// What all checks come to.
    public enum Verdict: String, Codable, Sendable {
        case passed, warning, failed
    }

    /// The schema of this report's JSON.
    public var schema = "trainaudit.preflight/1"
    /// The run's name, as configured.
    public var run: String
    /// `failed` where any check is, else `warning` where any check is, else `passed`.
    public var verdict: Verdict
    /// The model in a few words: its kind, layers, channels, parameters and vocabulary.
    public var model: String
    /// In a fixed order.
    public var checks: [Check]

    /// Creates a report.
    public init(run: String, model: String, checks: [Check]) {
        self.run = run
        self.model = model
        self.checks = checks
        let outcomes = Set(checks.map(\.outcome))
        verdict = outcomes.contains(.failed) ? .failed : outcomes.contains(.warning) ? .warning : .passed
    }
}
