import Terms
import TrainingLogs

extension CauseKind {
    /// See ``NetworkFaultCause``.
    public static let networkFault = CauseKind("network-fault")
}

/// A link between processes failed, or a collective operation did not end.
package enum NetworkFaultCause: CauseRule {
    package static let kind = CauseKind.networkFault
    package static let head = RuleHead(
        kind,
        title: "Network fault",
        summary: "A link between processes failed, or a collective operation did not end.",
        references: ["PyTorch: Flight Recorder", "NVIDIA nccl-tests"]
    )
    package static let explains: Set<SymptomKind> = [.runAborted]

    // The last lines of the log decide; without them it is one cause of many.
    private static let prior = -1.5
    private static let named = Clue.ending(5, because: "the link itself reports an error")
    private static let failed = Clue.ending(
        2,
        because: "the operation failed, by a link or by a process that was gone already"
    )
    private static let waited = Clue.ending(
        1,
        because: "it says that ranks waited, and not for what: a rank that died or hung looks the same"
    )

    package static func weigh(_ known: Case) -> Weighing? {
        guard let death = known.death, let ending = death.ending else { return nil }
        var weighing = Weighing(prior: prior)
        switch ending.kind {
        case .network:
            weighing.add(ending.isHang ? waited : ending.namesCause ? named : failed, death)
        default: return nil
        }
        return weighing
    }

    package static func nextTest(_ known: Case) -> Phrase {
        "look at the log of every rank around the first time-out: a rank that shows an error before it is the cause"
    }

    package static func fix(_ known: Case) -> Advice { known.endingRemedy }
}
