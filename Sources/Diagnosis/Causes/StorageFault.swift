import Terms
import TrainingLogs

extension CauseKind {
    /// See ``StorageFaultCause``.
    public static let storageFault = CauseKind("storage-fault")
}

/// A disk, a quota, a file system or an object store failed, or a checkpoint file is incomplete.
package enum StorageFaultCause: CauseRule {
    package static let kind = CauseKind.storageFault
    package static let head = RuleHead(
        kind,
        title: "Storage fault",
        summary: "A disk, a quota, a file system or an object store failed, or a checkpoint file is incomplete."
    )
    package static let explains: Set<SymptomKind> = [.runAborted]

    // The last lines of the log decide; without them it is one cause of many.
    private static let prior = -1.5
    private static let named = Clue.ending(5, because: "the file system says it")

    package static func weigh(_ known: Case) -> Weighing? {
        guard let death = known.death, let ending = death.ending else { return nil }
        var weighing = Weighing(prior: prior)
        switch ending.kind {
        case .storage: weighing.add(named, death)
        default: return nil
        }
        return weighing
    }

    package static func nextTest(_ known: Case) -> Phrase {
        "read and write a file at the place that is named, from the node of the rank"
    }

    package static func fix(_ known: Case) -> Advice { known.endingRemedy }
}
