import Foundation
import Terms
import TrainingLogs

/// Lets the causes compete.
package enum Ranking {
    /// Hypotheses below this are left out.
    package static let least = 0.01
    /// How many are kept.
    package static let most = 6
    /// Log-odds of "something else": what a cause needs to be as likely as none of them.
    package static let remainder = 0.0

    /// What the sum of weights is multiplied with before it becomes a probability: the weights were judged one by one and
    /// turn out too cautious together.
    ///
    /// Between the values of least log loss for what `diagnose` said of logs alone: 1.6 for 70 varied drills (seeds 301
    /// to 303), 1.2 for 29 incidents. The guide tells how far to trust it.
    package static let sharpness = 1.4

    /// What a hypothesis needs for which nothing speaks but its prior.
    package static let leastUnsupported = 0.15
    /// The most that a cause can have of an event that is only information.
    package static let mostOfInformation = 0.5

    /// See ``LogAnalysis/rank(_:evidence:alone:)``.
    package static func rank(
        event: Event,
        analysis: LogAnalysis,
        evidence: [Evidence],
        alone: LogAlone? = nil
    ) -> [Hypothesis] {
        guard !event.symptoms.isEmpty else { return [] }
        let file = CaseFile(event: event, analysis: analysis, evidence: evidence)
        let cases = weighed(file)
        // Of information no cause is likelier than not, and what bytes or checkpoints alone show is not from the log.
        let guesses = alone.flatMap { alone in
            event.severity > .info
                ? alone.part(of: event).map { weighed(CaseFile(event: $0, analysis: alone.analysis, evidence: [])) }
                : nil
        }
        let hypotheses = cases.map { kind, weighing, confidence in
            Hypothesis(
                cause: kind,
                confidence: confidence,
                symptoms: file.symptomKinds,
                evidenceFor: weighing.evidenceFor,
                evidenceAgainst: weighing.evidenceAgainst,
                nextTest: weighing.nextTest,
                fix: weighing.fix,
                logConfidence: guesses.map { $0.first { $0.kind == kind }?.confidence ?? 0 }
            )
        }
        let kept = hypotheses.filter { $0.confidence >= least && isSupported($0) }
        let highestKept = kept.map(\.confidence).max() ?? 1
        // What happens may recur; what lasts can only be done better.
        let isLasting = event.symptoms.allSatisfy { EventGrouping.lasting.contains($0.kind) }
        let advice = isLasting ? "to do better" : "if it recurs"
        let told = event.severity == .info ? kept.map { calm($0, highest: highestKept, advice: advice) } : kept
        let sorted = told.filter { $0.confidence >= least }.sorted {
            $0.confidence != $1.confidence ? $0.confidence > $1.confidence : $0.cause.order < $1.cause.order
        }
        return Array(sorted.prefix(most))
    }

    /// Every cause that comes into question, with its probability.
    private static func weighed(_ file: CaseFile) -> [(kind: CauseKind, weighing: Weighing, confidence: Double)] {
        let cases = CauseRules.all.compactMap { rule in rule.weigh(file).map { (kind: rule.kind, weighing: $0) } }
        let highest = max(remainder, cases.map(\.weighing.score).max() ?? remainder)
        func share(_ score: Double) -> Double { exp(sharpness * (score - highest)) }
        let total = cases.reduce(share(remainder)) { $0 + share($1.weighing.score) }
        return cases.map { ($0.kind, $0.weighing, share($0.weighing.score) / total) }
    }

    /// Whether anything but the prior speaks for a cause; where nothing speaks at all, a high prior will do.
    private static func isSupported(_ hypothesis: Hypothesis) -> Bool {
        if !hypothesis.evidenceFor.isEmpty { return true }
        return hypothesis.evidenceAgainst.isEmpty && hypothesis.confidence >= leastUnsupported
    }

    /// A hypothesis about something that is no fault: scaled down so that none is likelier than not.
    private static func calm(_ hypothesis: Hypothesis, highest: Double, advice: String) -> Hypothesis {
        var result = hypothesis
        result.confidence *= min(1, mostOfInformation / max(highest, least))
        // A damaged shard is to be replaced, however little it moved the loss.
        let isDamage = hypothesis.cause == .corruptShard && hypothesis.fix.hasPrefix("Replace ")
        if !hypothesis.fix.hasPrefix("Nothing "), !isDamage {
            result.fix = "Nothing needs to be done; \(advice), \(hypothesis.fix.lowercasedFirst)"
        }
        return result
    }
}
