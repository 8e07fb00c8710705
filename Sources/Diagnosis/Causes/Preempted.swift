import Terms
import TrainingLogs

extension CauseKind {
    /// See ``PreemptedCause``.
    public static let preempted = CauseKind("preempted")
}

/// The scheduler or the cluster ended the run: preemption, time limit, a node that failed, an eviction.
package enum PreemptedCause: CauseRule {
    package static let kind = CauseKind.preempted
    package static let head = RuleHead(
        kind,
        title: "Ended from outside",
        summary: "The scheduler or the cluster ended the run: preemption, time limit, a node that failed, an eviction."
    )
    package static let explains: Set<SymptomKind> = [.runAborted]

    // The last lines of the log decide; without them it is one cause of many.
    private static let prior = -1.5
    private static let named = Clue.ending(5, because: "the scheduler gives its reason")
    private static let terminated = Clue.ending(
        1.8,
        because: "a scheduler asks with SIGTERM before it kills; a launcher does too when another process failed"
    )
    private static let killed = Clue.ending(0.3, because: "a scheduler kills what did not leave when it was asked")

    package static func weigh(_ known: Case) -> Weighing? {
        guard let death = known.death, let ending = death.ending else { return nil }
        var weighing = Weighing(prior: prior)
        switch ending.kind {
        case .scheduler: weighing.add(ending.isOnlyExit ? terminated : named, death)
        case .hostMemory where ending.isOnlyExit: weighing.add(killed, death)
        default: return nil
        }
        return weighing
    }

    package static func nextTest(_ known: Case) -> Phrase {
        "look up the job in the scheduler's record"
    }

    package static func fix(_ known: Case) -> Advice { known.endingRemedy }
}
