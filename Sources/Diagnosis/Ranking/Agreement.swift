import Foundation
import Terms

/// Findings of one run speak with one voice: what is advised for one of them is not contradicted by another.
extension Diagnosis {
    /// The share of its odds that a cause keeps when a graver finding has named its opposite.
    private static let keptByOpposite = 0.2

    private static let opposite = Clue<(cause: CauseKind, step: Int?)>(
        "opposite-named",
        log(keptByOpposite),
        because: "two findings of one run must not advise the contrary"
    ) { other in
        "The graver finding\(other.step.map { " at step \($0)" } ?? Phrase()) supports the opposite: \(other.cause)."
    }

    /// The causes of an event, made to agree with those of the graver events told before it.
    ///
    /// A setting that a graver event names as its cause keeps the advice given there, so that information about a run in trouble does not
    /// say that nothing needs to be done; the opposite of a named cause loses most of its odds.
    /// - Parameters:
    ///   - hypotheses: what ``rank(event:history:configuration:evidence:)`` returned.
    ///   - event: the event.
    ///   - told: the events before it, gravest first, with their causes.
    public static func reconciled(
        _ hypotheses: [Hypothesis],
        of event: Event,
        with told: [(event: Event, hypotheses: [Hypothesis])]
    ) -> [Hypothesis] {
        let graver = told.filter { $0.event.severity > .info }
        let named = graver.compactMap { item in
            item.hypotheses.first.flatMap { first in
                first.confidence >= 0.3 && first.clues.contains { $0.weight > 0 }
                    ? (event: item.event, cause: first) : nil
            }
        }
        let result = hypotheses.map { hypothesis in
            var result = hypothesis
            let rule = CauseRules.rule(of: hypothesis.cause)
            if rule?.isSetting == true,
                let same = named.first(where: {
                    $0.cause.cause == hypothesis.cause && $0.event.firstStep <= event.firstStep
                })
            {
                result.fix = same.cause.fix
                if event.severity == .info { result.fix.standing = .sameAs(step: same.event.lead?.firstStep) }
            } else if let opposites = rule?.opposites,
                let other = named.first(where: { opposites.contains($0.cause.cause) })
            {
                result.confidence *= keptByOpposite
                // What was named may rest on more than the log.
                result.logConfidence = nil
                result.clues.append(
                    WeighedClue(
                        clue: opposite.id,
                        weight: opposite.weight,
                        statement: opposite.sentence((other.cause.cause, other.event.lead?.firstStep))
                    )
                )
            }
            return result
        }
        return result.filter { $0.confidence >= Ranking.least }.likeliestFirst
    }
}
