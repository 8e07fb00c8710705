import Terms
import TrainingLogs

extension CauseKind {
    /// See ``ProgramErrorCause``.
    public static let programError = CauseKind("program-error")
}

/// The trainer, a library or a script raised an error that no other cause explains.
package enum ProgramErrorCause: CauseRule {
    package static let kind = CauseKind.programError
    package static let head = RuleHead(
        kind,
        title: "Error of the program",
        summary: "The trainer, a library or a script raised an error that no other cause explains."
    )
    package static let explains: Set<SymptomKind> = [.runAborted]

    // The last lines of the log decide; without them it is one cause of many.
    private static let prior = -1.5
    private static let raised = Clue.ending(3.5, because: "the program raised it itself; data can make it do so")
    private static let failed = Clue.ending(1.5, because: "a process failed, and its last words are not in this log")
    private static let inDeviceCode = Clue.ending(
        1.5,
        because: "operations with wrong shapes, indices or streams end so more often than devices fail"
    )
    private static let waitedFor = Clue.ending(0.4, because: "a rank that takes another path lets the others wait")

    package static func weigh(_ known: Case) -> Weighing? {
        guard let death = known.death, let ending = death.ending else { return nil }
        var weighing = Weighing(prior: prior)
        switch ending.kind {
        case .program: weighing.add(ending.isOnlyExit ? failed : raised, death)
        case .deviceCode: weighing.add(inDeviceCode, death)
        case .network where ending.isHang: weighing.add(waitedFor, death)
        default: return nil
        }
        return weighing
    }

    package static func nextTest(_ known: Case) -> Phrase {
        "run the same step again from the checkpoint before it: an error of the program comes back"
    }

    package static func fix(_ known: Case) -> Advice { known.endingRemedy }
}
