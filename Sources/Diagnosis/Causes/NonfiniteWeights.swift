import Terms
import TrainingLogs

extension CauseKind {
    /// See ``NonfiniteWeightsCause``.
    public static let nonfiniteWeights = CauseKind("nonfinite-weights")
}

/// A checkpoint holds NaN or infinity: every loss computed with it is lost.
package enum NonfiniteWeightsCause: CauseRule {
    package static let kind = CauseKind.nonfiniteWeights
    package static let head = RuleHead(
        kind,
        title: "Non-finite weights",
        summary: "A checkpoint holds NaN or infinity: every loss computed with it is lost."
    )
    package static let explains: Set<SymptomKind> = [
        .lossNonFinite, .resumeJump, .lossDivergence, .gradientExplosion, .gradientNonFinite,
    ]

    /// Values of a checkpoint that are not finite.
    private typealias Found = (checkpoint: String, parameter: String, count: Int)

    private static let prior = -1.8
    private static let brokenBefore = Clue<Found>(
        "broken-before",
        5.5,
        because: "weights that are not finite make every later loss so"
    ) {
        """
        Checkpoint \(quoted: $0.checkpoint) holds \(count: $0.count, "non-finite value") in \
        \(quoted: $0.parameter).
        """
    }
    private static let brokenAfter = Clue<Found>(
        "broken-after",
        0.5,
        because: "weights that break after the onset are a consequence of it"
    ) {
        """
        Checkpoint \(quoted: $0.checkpoint), saved after the onset, holds \(count: $0.count, "non-finite value") in \
        \(quoted: $0.parameter).
        """
    }
    private static let resumed = Clue(
        "resumed",
        2.2,
        because: "the weights are what a resume loads, and no update has been made since",
        "The loss is not finite from the first step after a resume on."
    )
    private static let firstLoss = Clue(
        "first-loss",
        0.8,
        because: "no update can have done the harm, but log(0) and an overflow still can",
        "The very first loss is not finite, before any update."
    )

    package static func weigh(_ known: Case) -> Weighing? {
        guard isFound(known) || known.shows(.lossNonFinite) else { return nil }
        var weighing = Weighing(prior: prior)
        for case .nonFiniteWeights(let name, let step, let parameter, let count) in known.evidence {
            weighing.add(step <= known.onset ? brokenBefore : brokenAfter, (name, parameter, count))
        }
        let isResume = isResume(at: firstBadStep(known), in: known)
        if isResume { weighing.add(resumed) }
        if known.age == 0, known.shows(.lossNonFinite), !isResume { weighing.add(firstLoss) }
        return weighing
    }

    package static func nextTest(_ known: Case) -> Phrase {
        let step = firstBadStep(known)
        return known.replayTest(
            step,
            ": it names the first non-finite parameter",
            otherwise: isFound(known)
                ? "load the checkpoint before that one: are its values finite?"
                : "search the next checkpoint after step \(step) for values that are not finite"
        )
    }

    package static func fix(_ known: Case) -> Advice {
        "Resume from an earlier checkpoint whose values are all finite, and check files after writing them."
    }

    /// Whether a checkpoint is known to hold such values.
    private static func isFound(_ known: Case) -> Bool {
        known.evidence.contains { item in
            if case .nonFiniteWeights = item { return true }
            return false
        }
    }

    private static func firstBadStep(_ known: Case) -> Int {
        known.symptom(.lossNonFinite)?.firstStep ?? known.onset
    }

    private static func isResume(at step: Int, in known: Case) -> Bool {
        known.goesBack(within: known.run.interval, of: step)
            || known.run.history.events.contains {
                $0.kind == .resumed && abs(($0.step ?? .max).subtractingStep(step)) <= 1
            }
    }
}
