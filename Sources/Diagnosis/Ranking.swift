import Foundation
import TrainingLogs

/// Lets the causes compete.
package enum Ranking {
    /// Hypotheses below this are left out.
    package static let least = 0.01
    /// How many are kept.
    package static let most = 6
    /// Log-odds of "something else": what a cause needs to be as likely as none of them.
    package static let remainder = 0.0

    /// See ``Diagnosis/rank(event:history:configuration:evidence:)``.
    package static func rank(
        event: Event,
        history: TrainingHistory,
        configuration: TrainingConfiguration,
        evidence: [Evidence]
    ) -> [Hypothesis] {
        guard !event.symptoms.isEmpty else { return [] }
        let file = CaseFile(event: event, history: history, configuration: configuration, evidence: evidence)
        let cases = CauseRules.all.compactMap { rule in rule.weigh(file).map { (kind: rule.kind, weighing: $0) } }
        let highest = max(remainder, cases.map(\.weighing.score).max() ?? remainder)
        let total = cases.reduce(exp(remainder - highest)) { $0 + exp($1.weighing.score - highest) }
        let hypotheses = cases.map { kind, weighing in
            Hypothesis(
                cause: kind,
                confidence: exp(weighing.score - highest) / total,
                symptoms: file.symptomKinds,
                evidenceFor: weighing.evidenceFor,
                evidenceAgainst: weighing.evidenceAgainst,
                nextTest: weighing.nextTest,
                fix: weighing.fix
            )
        }
        let sorted = hypotheses.filter { $0.confidence >= least }.sorted {
            $0.confidence != $1.confidence ? $0.confidence > $1.confidence : $0.cause.order < $1.cause.order
        }
        return Array(sorted.prefix(most))
    }
}
