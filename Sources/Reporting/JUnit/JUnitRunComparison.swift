import Diagnosis
import Terms

extension JUnitReport {
    /// A comparison of two runs as a file: `losses` and `finite` are the gate, `settings` and `data-order` say what they find
    /// and never fail.
    package static func xml(_ report: RunComparisonReport) throws -> String {
        let comparison = report.comparison
        let words = RunComparisonText(comparison)
        let voice = Voice()
        func test(_ name: String, _ outcome: JUnitCase.Outcome) -> JUnitCase {
            JUnitCase(classname: "compare", name: name, outcome: outcome)
        }
        let headline = voice.text(words.headline)
        let isLevel = comparison.verdict == .different && (comparison.departure != nil || comparison.nonFinite == nil)
        let losses: JUnitCase.Outcome =
            switch comparison.verdict {
            case .undetermined: .error(type: "undetermined", message: headline, text: headline)
            case .different where isLevel:
                .failed(
                    type: "different",
                    message: headline,
                    text: [words.departure, words.end, words.order].compactMap { $0 }.map(voice.text)
                        .joined(separator: "\n")
                )
            case .identical, .equal, .different: .passed(output: isLevel ? nil : headline)
            }
        let finite = words.nonFinite.map(voice.text)
        let settings = comparison.settings.map {
            "\($0.name): A \(RunComparisonText.value($0.first)), B \(RunComparisonText.value($0.second))"
        }
        let cases = [
            test("losses", losses),
            test("finite", finite.map { .failed(type: "non-finite", message: $0, text: $0) } ?? .passed(output: nil)),
            test("settings", .passed(output: settings.isEmpty ? nil : settings.joined(separator: "\n"))),
            test("data-order", .passed(output: voice.text(words.order))),
        ]
        let run = "\(report.first.name) and \(report.second.name)"
        let properties = [(name: "trainaudit.verdict", value: comparison.verdict.rawValue)]
        return try xml(run: run, suites: [JUnitSuite("compare", cases, properties: properties)])
    }
}
