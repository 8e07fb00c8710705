extension JUnitReport {
    /// A preflight as a file: one case for each check; warnings pass, with their text as output.
    public static func xml(_ report: PreflightReport) throws -> String {
        let cases = report.checks.map { check in
            let outcome: JUnitCase.Outcome =
                switch check.outcome {
                case .failed: .failed(type: "preflight", message: check.detail, text: check.detail)
                case .skipped: .skipped(message: check.detail)
                case .passed, .warning: .passed(output: check.detail)
                }
            return JUnitCase(classname: "preflight", name: check.id, outcome: outcome)
        }
        return try xml(run: report.run, suites: [JUnitSuite("preflight", cases)])
    }
}
