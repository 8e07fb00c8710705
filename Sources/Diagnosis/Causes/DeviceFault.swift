import Terms
import TrainingLogs

extension CauseKind {
    /// See ``DeviceFaultCause``.
    public static let deviceFault = CauseKind("device-fault")
}

/// A device failed: it reported an error, was lost, or no longer answered.
package enum DeviceFaultCause: CauseRule {
    package static let kind = CauseKind.deviceFault
    package static let head = RuleHead(
        kind,
        title: "Device fault",
        summary: "A device failed: it reported an error, was lost, or no longer answered.",
        references: ["NVIDIA: XID Errors", "NVIDIA DCGM diagnostics"]
    )
    package static let explains: Set<SymptomKind> = [.runAborted]

    // The last lines of the log decide; without them it is one cause of many.
    private static let prior = -1.5
    private static let named = Clue.ending(5, because: "the driver or the device itself reports it")
    private static let inItsCode = Clue.ending(
        0.7,
        because: "a failing device shows so too, but more often the program or its data are wrong"
    )
    private static let waitedFor = Clue.ending(0.3, because: "a device that hangs lets the other ranks wait")

    package static func weigh(_ known: Case) -> Weighing? {
        guard let death = known.death, let ending = death.ending else { return nil }
        var weighing = Weighing(prior: prior)
        switch ending.kind {
        case .device: weighing.add(ending.isOnlyExit ? inItsCode : named, death)
        case .deviceCode where !ending.isLookup: weighing.add(inItsCode, death)
        case .network where ending.isHang: weighing.add(waitedFor, death)
        default: return nil
        }
        return weighing
    }

    package static func nextTest(_ known: Case) -> Phrase {
        "resume the step on another node: a device that fails stays behind, an error of the program comes along"
    }

    package static func fix(_ known: Case) -> Advice { known.endingRemedy }
}
