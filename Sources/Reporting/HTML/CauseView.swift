import Diagnosis
import Terms

/// What the template `cause` shows: one hypothesis. Evidence, fix and test are HTML already (see `CodeText`).
struct CauseView {
    var causeHeading: String
    var causeName: String
    var causeWidth: String
    var causeStyle: String
    /// What the confidence rests on.
    var causeBasis: String?
    /// Where on the bar the log alone would end.
    var causeMark: String?
    var causeFor: [String]
    var hasCauseFor: Bool
    var causeAgainst: [String]
    var hasCauseAgainst: Bool
    var causeFix: String?
    var causeTest: String?
    var causeLink: String?
    /// Where in the report the guide's advice is, where the guide is not published.
    var causeAnchor: String?
    var causeCommand: String?
    var isFull: Bool

    /// The view of the cause of a rank.
    init(_ finding: Finding, rank: Int, voice: Voice, guidePages: Set<String>) {
        let hypothesis = finding.hypotheses[rank]
        let wording = CauseWording(finding, voice)
        causeHeading = wording.heading(rank)
        causeName = Wording.name(hypothesis.cause)
        let share = hypothesis.confidence.isFinite ? min(max(hypothesis.confidence, 0), 1) : 0
        causeWidth = NumberText.fixed(share * 100, 1)
        causeStyle = rank == 0 && finding.isCauseClear ? "first" : "other"
        causeBasis = rank < 2 ? wording.basis(rank) : nil
        let alone = hypothesis.logConfidence.flatMap { $0.isFinite ? min(max($0, 0), 1) : nil }
        // A mark at the end of the bar would look like a slip of the pen.
        causeMark =
            causeBasis == nil || alone.map { abs($0 - share) < 0.01 } ?? true
            ? nil : alone.map { NumberText.fixed($0 * 100, 1) }
        causeFor = wording.evidenceFor(rank).map { CodeText.html($0) }
        hasCauseFor = !causeFor.isEmpty
        causeAgainst = wording.evidenceAgainst(rank).map { CodeText.html($0) }
        hasCauseAgainst = !causeAgainst.isEmpty
        causeFix = wording.fix(rank).map { CodeText.html($0) }
        causeTest = wording.nextTest(rank).map { CodeText.html($0) }
        isFull = rank < 2
        let id = hypothesis.cause.rawValue
        switch GuideLink(id: id, voice) {
        case .address(let address): causeLink = address
        case .command(let command):
            causeCommand = command
            causeAnchor = guidePages.contains(id) ? "guide-\(id)" : nil
        }
    }
}
