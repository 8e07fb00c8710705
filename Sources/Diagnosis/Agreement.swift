import Terms

/// Findings of one run speak with one voice: what is advised for one of them is not contradicted by another.
extension Diagnosis {
    /// Causes whose fixes undo one another.
    private static let opposites: [CauseKind: Set<CauseKind>] = [
        .learningRateHigh: [.learningRateLow], .learningRateLow: [.learningRateHigh],
        .gradientClippingMissing: [.clipThreshold], .clipThreshold: [.gradientClippingMissing],
        .overfit: [.underfit, .capacityLimit], .underfit: [.overfit], .capacityLimit: [.overfit],
    ]

    /// Causes that lie in the settings of the run: mended once, they are mended for every event.
    private static let settings: Set<CauseKind> = [
        .learningRateHigh, .learningRateLow, .warmupMissing, .warmupEndless, .gradientClippingMissing, .clipThreshold,
        .precisionOverflow, .weightDecay, .batchTooSmall, .initialization, .attentionUnscaled, .targetsMisaligned,
    ]

    /// The share of its odds that a cause keeps when a graver finding has named its opposite.
    private static let keptByOpposite = 0.2

    /// The causes of an event, made to agree with those of the graver events told before it.
    ///
    /// A setting that a graver event names as its cause keeps the advice given there, so that information about a run in trouble does not
    /// say that nothing needs to be done; the opposite of a named cause loses most of its odds.
    /// - Parameters:
    ///   - hypotheses: what ``rank(event:history:configuration:evidence:)`` gave.
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
                first.confidence >= 0.3 && !first.evidenceFor.isEmpty ? (event: item.event, cause: first) : nil
            }
        }
        let result = hypotheses.map { hypothesis in
            var result = hypothesis
            if settings.contains(hypothesis.cause),
                let same = named.first(where: {
                    $0.cause.cause == hypothesis.cause && $0.event.firstStep <= event.firstStep
                })
            {
                if event.severity == .info {
                    result.fix = "That of the graver finding\(place(same.event)): \(same.cause.fix.lowercasedFirst)"
                } else {
                    result.fix = same.cause.fix
                }
            } else if let other = named.first(where: { opposites[$0.cause.cause]?.contains(hypothesis.cause) ?? false })
            {
                let title = Rules.head(id: other.cause.cause.rawValue)?.title ?? other.cause.cause.rawValue
                result.confidence *= keptByOpposite
                // What was named may rest on more than the log.
                result.logConfidence = nil
                result.evidenceAgainst.append(
                    "The graver finding\(place(other.event)) speaks for the opposite: \(title.lowercasedFirst)."
                )
            }
            return result
        }
        return result.filter { $0.confidence >= Ranking.least }.sorted {
            $0.confidence != $1.confidence ? $0.confidence > $1.confidence : $0.cause.order < $1.cause.order
        }
    }

    /// " at step n" of the symptom that names an event.
    private static func place(_ event: Event) -> String {
        event.lead.map { " at step \($0.firstStep)" } ?? ""
    }
}
