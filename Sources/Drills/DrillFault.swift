import Diagnosis
import Terms

/// A fault that a drill injects: its names, the causes that an audit may name for it, and what it changes.
public struct DrillFault: Sendable {
    /// The name on the command line.
    public let id: String
    /// What it does, in a few words.
    public let summary: String
    /// The cause that an audit should rank first; `nil` for a healthy run, and where ``symptom`` is all there is to see.
    public let cause: CauseKind?
    /// Other causes that are right too.
    public let accepted: [CauseKind]
    /// The symptom that an audit should report, where no cause is to be named: a run that is slow learns as well as another.
    public let symptom: SymptomKind?
    /// Changes the plan of a run before it is trained, and notes in it which steps and bytes are touched.
    let apply: @Sendable (inout DrillPlan) -> Void

    init(
        _ id: String,
        _ summary: String,
        cause: CauseKind? = nil,
        accepted: [CauseKind] = [],
        symptom: SymptomKind? = nil,
        apply: @escaping @Sendable (inout DrillPlan) -> Void
    ) {
        self.id = id
        self.summary = summary
        self.cause = cause
        self.accepted = accepted
        self.symptom = symptom
        self.apply = apply
    }

    /// All faults, in the order in which help lists them. A family of faults is a file of `Faults`.
    public static let all: [DrillFault] =
        healthyRuns + shardFaults + dataFaults + scheduleFaults + optimizerFaults + numericFaults + objectiveFaults
        + modelFaults + resumeFaults + seriesFaults

    /// The fault of a name.
    public static func named(_ id: String) -> DrillFault? { all.first { $0.id == id } }
}
