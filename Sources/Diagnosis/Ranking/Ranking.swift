import Foundation
import Terms
import TrainingLogs

/// Lets the causes compete.
package enum Ranking {
    /// Hypotheses below this are left out.
    package static let least = 0.01
    /// How many are kept.
    package static let most = 6
    /// Log-odds of "something else" where shards, checkpoints or replays were looked at: what a cause needs to be as likely
    /// as none of them.
    package static let remainder = 0.0
    /// Log-odds of "something else" for a log alone, of which the rules know most of what can be known.
    ///
    /// Chosen by hand on small runs that were seen: -1.5 gave them the better Brier score (0.17 instead of 0.20), and a shard
    /// that no check has failed more than half of the confidence, which coincidence must not have.
    package static let remainderOfLog = -0.8

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
        let known = Case(event: event, analysis: analysis, evidence: evidence)
        let cases = weighed(known)
        // For information-level events no cause is given more than 50 %, and what bytes or checkpoints alone show is not
        // from the log.
        let guesses = alone.flatMap { alone in
            event.severity > .info
                ? alone.part(of: event).map { weighed(Case(event: $0, analysis: alone.analysis, evidence: [])) }
                : nil
        }
        let hypotheses = cases.map { rule, weighing, confidence in
            Hypothesis(
                cause: rule.kind,
                confidence: confidence,
                symptoms: known.symptomKinds,
                clues: weighing.clues,
                nextTest: rule.nextTest(known),
                fix: rule.fix(known),
                logConfidence: guesses.map { $0.first { $0.rule.kind == rule.kind }?.confidence ?? 0 }
            )
        }
        let kept = hypotheses.filter { $0.confidence >= least && isSupported($0) }
        let highestKept = kept.map(\.confidence).max() ?? 1
        // What happens may recur; what lasts can only be done better.
        let isLasting = event.symptoms.allSatisfy { $0.kind.traits.contains(.lasting) }
        let standing: Advice.Standing = isLasting ? .toDoBetter : .ifItRecurs
        let told = event.severity == .info ? kept.map { calm($0, highest: highestKept, standing: standing) } : kept
        return Array(told.filter { $0.confidence >= least }.likeliestFirst.prefix(most))
    }

    /// Every cause that comes into question, with its probability.
    private static func weighed(_ known: Case) -> [(rule: any CauseRule.Type, weighing: Weighing, confidence: Double)] {
        let cases = CauseRules.all.compactMap { rule in
            rule.isPossible(known) ? rule.weigh(known).map { (rule: rule, weighing: $0) } : nil
        }
        // A few records know nothing.
        let isLogAlone = known.evidence.isEmpty && known.run.loss.count >= ShortLog.least
        let remainder = isLogAlone ? remainderOfLog : remainder
        let highest = max(remainder, cases.map(\.weighing.score).max() ?? remainder)
        func share(_ score: Double) -> Double { exp(sharpness * (score - highest)) }
        let total = cases.reduce(share(remainder)) { $0 + share($1.weighing.score) }
        return cases.map { ($0.rule, $0.weighing, share($0.weighing.score) / total) }
    }

    /// Whether anything but the prior speaks for a cause; where nothing speaks at all, a high prior will do.
    private static func isSupported(_ hypothesis: Hypothesis) -> Bool {
        if hypothesis.clues.contains(where: { $0.weight > 0 }) { return true }
        return hypothesis.evidenceAgainst.isEmpty && hypothesis.confidence >= leastUnsupported
    }

    /// A hypothesis about something that is no fault: scaled down so that none is likelier than not.
    private static func calm(_ hypothesis: Hypothesis, highest: Double, standing: Advice.Standing) -> Hypothesis {
        var result = hypothesis
        result.confidence *= min(1, mostOfInformation / max(highest, least))
        // A damaged shard is to be replaced, however little it moved the loss.
        if hypothesis.fix.kind == .change { result.fix.standing = standing }
        return result
    }
}

extension [Hypothesis] {
    /// By confidence; of equal ones in the order of the rules.
    var likeliestFirst: [Hypothesis] {
        sorted {
            $0.confidence != $1.confidence
                ? $0.confidence > $1.confidence : CauseRules.place(of: $0.cause) < CauseRules.place(of: $1.cause)
        }
    }
}
