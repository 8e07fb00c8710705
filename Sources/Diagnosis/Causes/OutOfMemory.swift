import Terms
import TrainingLogs

extension CauseKind {
    /// See ``OutOfMemoryCause``.
    public static let outOfMemory = CauseKind("out-of-memory")
}

/// The memory of a device, of the host or of its control group was used up.
package enum OutOfMemoryCause: CauseRule {
    package static let kind = CauseKind.outOfMemory
    package static let head = RuleHead(
        kind,
        title: "Out of memory",
        summary: "The memory of a device, of the host or of its control group was used up."
    )
    package static let explains: Set<SymptomKind> = [.runAborted]

    // The last lines of the log decide; without them it is one cause of many.
    private static let prior = -1.5
    private static let named = Clue.ending(5, because: "the allocator, the system or the scheduler says it")
    private static let killed = Clue.ending(
        1.6,
        because: "the system ends processes so where memory runs out; schedulers and people do too"
    )

    package static func weigh(_ known: Case) -> Weighing? {
        guard let death = known.death, let ending = death.ending else { return nil }
        var weighing = Weighing(prior: prior)
        switch ending.kind {
        case .deviceMemory, .hostMemory: weighing.add(ending.isOnlyExit ? killed : named, death)
        default: return nil
        }
        return weighing
    }

    package static func nextTest(_ known: Case) -> Phrase {
        "watch the memory of the process and of the device while the step is run again"
    }

    package static func fix(_ known: Case) -> Advice { known.endingRemedy }
}
