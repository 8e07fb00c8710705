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

    init(_ hypothesis: HypothesisDocument, rank: Int, wording: CauseWording, guidePages: Set<String>) {
        causeHeading = wording.heading(rank)
        causeName = Wording.name(hypothesis.cause)
        let share = hypothesis.confidence.isFinite ? min(max(hypothesis.confidence, 0), 1) : 0
        causeWidth = NumberText.fixed(share * 100, 1)
        causeStyle = rank == 0 && wording.named != nil ? "first" : "other"
        causeBasis = rank < 2 ? wording.basis(rank) : nil
        let alone = hypothesis.logConfidence.flatMap { $0.isFinite ? min(max($0, 0), 1) : nil }
        // A mark at the end of the bar would look like a slip of the pen.
        causeMark =
            causeBasis == nil || alone.map { abs($0 - share) < 0.01 } ?? true
            ? nil : alone.map { NumberText.fixed($0 * 100, 1) }
        causeFor = wording.evidence(rank).map { CodeText.html($0) }
        hasCauseFor = !causeFor.isEmpty
        causeAgainst = hypothesis.evidenceAgainst.map { CodeText.html($0) }
        hasCauseAgainst = !causeAgainst.isEmpty
        causeFix = hypothesis.fix.isEmpty ? nil : CodeText.html(hypothesis.fix)
        causeTest = hypothesis.nextTest.isEmpty ? nil : CodeText.html(hypothesis.nextTest)
        isFull = rank < 2
        switch GuideLink(hypothesis.guide, id: hypothesis.cause) {
        case .address(let address): causeLink = address
        case .command(let command):
            causeCommand = command
            causeAnchor = guidePages.contains(hypothesis.cause) ? "guide-\(hypothesis.cause)" : nil
        }
    }
}
