import Diagnosis
import TrainingLogs

/// What the template `finding` shows: one event as a story.
struct FindingView {
    struct Seen {
        var seenKind: String
        var seenSteps: String
        var seenSummary: String
        var numbers: [Number]
        var hasNumbers: Bool
        var seenLink: String?
        var seenAnchor: String?
        var seenCommand: String?
    }

    struct Number {
        var numberName: String
        var numberValue: String
    }

    struct Fed {
        var fedStep: String
        var fedShard: String
        var fedState: String?
        var fedTokens: String
        var fedBytes: String
        var fedPlace: String
        var fedConfidence: String
    }

    struct Shown {
        var shownStep: String
        var shownChart: String
        var shownText: String
        var shownConclusion: String
        var shownNonFinite: String?
        var shownAnchor: String
    }

    var findingAnchor: String
    var number: Int
    var findingTitle: String
    var severity: String
    var severityStyle: String
    var findingSteps: String?
    var findingAccepted: String?
    /// Whether the finding is information, which stands folded so that a page is as long as its trouble.
    var isQuiet: Bool
    /// What stands there while it is folded.
    var quietSummary: String
    var findingZoom: String?
    /// Why there is no plot from near.
    var findingNoZoom: String?
    /// Whether there is a plot from near, or a reason that there is none.
    var hasCurves: Bool
    /// The guide's page, where neither a symptom nor a cause leads to one.
    var hasFindingGuide: Bool
    var findingLink: String?
    var findingCommand: String?
    var findingStoryMore: String?
    var seenMore: String?
    var shownMore: String?
    /// Whether the finding is about the checkpoints, and these are shown.
    var isOfCheckpoints: Bool
    var findingStory: [String]
    var hasFindingStory: Bool
    var findingSharpen: [String]
    var hasFindingSharpen: Bool
    /// What stands above them.
    var sharpenHeading: String
    /// Whether causes are told, or that there is none.
    var isCaused: Bool
    var seen: [Seen]
    var hasSeen: Bool
    var fed: [Fed]
    var hasFed: Bool
    /// What the ranges count: `Tokens`, `Documents` or `Samples`.
    var fedUnit: String
    var fedMore: String?
    var fedCaption: String
    var shown: [Shown]
    var hasShown: Bool
    var causes: [CauseView]
    var hasCauses: Bool
    /// What stands above the causes, or instead of them.
    var causeIntroduction: String?

    init(
        _ finding: FindingDocument,
        number: Int,
        document: AuditDocument,
        history: TrainingHistory?,
        anchors: [String],
        plots: PlotSet,
        guidePages: Set<String>
    ) throws {
        self.number = number
        findingAnchor = "finding-\(number)"
        findingTitle = SafeText.line(finding.title)
        severity = SafeText.line(finding.severity, limit: 20)
        severityStyle = FindingMarks.style(finding.severity)
        findingSteps = NumberText.steps(finding.firstStep, finding.lastStep)
        let standing =
            finding.accepted.map(Wording.acceptance) ?? Wording.expiry(of: finding, in: document.baseline ?? [])
        findingAccepted = standing.map { CodeText.html($0) }
        isQuiet = finding.severity == "info" && document.findings.count > 1
        quietSummary = SafeText.line(
            finding.symptoms.first?.summary ?? finding.story.first ?? "What was seen, and why",
            limit: 300
        )
        findingZoom = try plots.element(.finding, number: number)
        findingNoZoom = ZoomPlot.absence(number: number, document: document, history: history)
        hasCurves = findingZoom != nil || findingNoZoom != nil
        switch finding.isDisagreement ? GuideLink(of: finding) : nil {
        case .address(let address): findingLink = address
        case .command(let command): findingCommand = command
        case nil: break
        }
        hasFindingGuide = findingLink != nil || findingCommand != nil
        let tellsOfCheckpoints =
            finding.id.hasPrefix("checkpoint-") || finding.symptoms.contains { $0.kind == "weight-norm-drift" }
        isOfCheckpoints = tellsOfCheckpoints && document.checkpoints?.isEmpty == false
        findingStory = finding.story.prefix(12).map { CodeText.html($0) }
        // One sentence says what the symptom says; where there is none, it is all there is.
        hasFindingStory = findingStory.count > (finding.symptoms.isEmpty ? 0 : 1)
        findingStoryMore = Self.more(finding.story.count - 12, "sentence")
        findingSharpen = finding.wouldSharpen.prefix(6).map { CodeText.html($0) }
        hasFindingSharpen = !findingSharpen.isEmpty
        isCaused = !finding.isDisagreement
        sharpenHeading = isCaused ? "What would make it surer" : "What to do"
        // What the story above tells is not said twice.
        let told = hasFindingStory ? Set(finding.story.prefix(12)) : []
        seen = finding.symptoms.prefix(20).map {
            Self.seen($0, isTold: told.contains($0.summary), guidePages: guidePages)
        }
        hasSeen = !seen.isEmpty
        seenMore = Self.more(finding.symptoms.count - 20, "symptom")

        let states = Dictionary(document.shards.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
        let (runs, more) = SpanRun.summary(finding.spans, shards: document.shards, limit: Self.spanLimit)
        fed = runs.map { Self.fed($0, state: states[$0.shard]) }
        hasFed = !fed.isEmpty
        let units = Set(runs.map(\.unit))
        fedUnit = units.count == 1 ? Self.heading(units.first ?? "") : "Read"
        fedCaption = Self.caption(finding)
        fedMore = more > 0 ? "and \(NumberText.count(more, "more span")); all are in report.json" : nil

        let replays = zip(document.replays, anchors).filter { replay, _ in
            !Wording.replays(of: finding, in: [replay]).isEmpty
        }
        shown = try replays.prefix(8).map { try Self.shown($0, anchor: $1) }
        hasShown = !shown.isEmpty
        shownMore = Self.more(Array(replays).count - 8, "replay")
        let wording = CauseWording(finding, in: document)
        causeIntroduction = wording.introduction
        causes = finding.hypotheses.enumerated().map {
            CauseView($1, rank: $0, wording: wording, guidePages: guidePages)
        }
        hasCauses = !causes.isEmpty
    }

    private static let spanLimit = 20

    /// What does not stand here, so that nobody takes a part for the whole.
    static func more(_ count: Int, _ noun: String) -> String? {
        count > 0 ? "and \(NumberText.count(count, "more \(noun)")); all are in report.json" : nil
    }

    /// Long events are traced at some of their steps; a table of these says so.
    private static func caption(_ finding: FindingDocument) -> String {
        let traced = Set(finding.spans.compactMap(\.step))
        guard let first = finding.firstStep, let last = finding.lastStep, !traced.isEmpty else {
            return "Data that was read in these steps"
        }
        let inside = traced.filter { $0 >= first && $0 <= last }.count
        let all = last.subtractingStep(first).addingStep(1)
        guard inside < all else { return "Data that was read in these steps" }
        return "Data that was read in \(NumberText.count(traced.count, "step")) traced, "
            + "\(NumberText.grouped(inside)) of them among the \(NumberText.grouped(all)) of the finding"
    }

    private static func heading(_ unit: String) -> String {
        let unit = SafeText.line(unit, limit: 20)
        return unit.prefix(1).uppercased() + unit.dropFirst()
    }

    private static func seen(_ symptom: SymptomDocument, isTold: Bool, guidePages: Set<String>) -> Seen {
        let numbers = MeasurementText.rows(symptom.measurements, of: symptom.kind).map {
            Number(numberName: $0.label, numberValue: $0.value)
        }
        var seen = Seen(
            seenKind: Wording.name(symptom.kind),
            seenSteps: NumberText.steps(symptom.firstStep, symptom.lastStep) ?? "",
            seenSummary: isTold ? "" : ": " + SafeText.line(symptom.summary, limit: 1000),
            numbers: numbers,
            hasNumbers: !numbers.isEmpty
        )
        switch GuideLink(symptom.guide, id: symptom.kind) {
        case .address(let address): seen.seenLink = address
        case .command(let command):
            seen.seenCommand = command
            seen.seenAnchor = guidePages.contains(symptom.kind) ? "guide-\(symptom.kind)" : nil
        }
        return seen
    }

    private static func fed(_ span: SpanRun, state: ShardDocument?) -> Fed {
        Fed(
            fedStep: span.steps.map(SpanRun.text) ?? "",
            fedShard: SafeText.line(span.shard, limit: 200),
            fedState: state.flatMap { $0.isDamaged ? SafeText.line($0.status, limit: 20) : nil },
            fedTokens: span.range,
            fedBytes: NumberText.range(span.bytes),
            fedPlace: "\(SpanRun.text(span.ranks)) / \(SpanRun.text(span.microSteps))",
            fedConfidence: SafeText.line(span.confidence, limit: 20)
        )
    }

    private static func shown(_ replay: ReplayDocument, anchor: String) throws -> Shown {
        Shown(
            shownStep: "step \(replay.step)"
                + (replay.precision == "fp32" ? "" : " in \(SafeText.line(replay.precision, limit: 20))"),
            shownChart: try ContrastChart.drawing(replay, name: anchor).elements(),
            shownText: Wording.contrast(replay),
            shownConclusion: (replay.precision == "fp32" ? "" : "In \(SafeText.line(replay.precision, limit: 20)): ")
                + SafeText.line(replay.conclusion, limit: 1000),
            shownNonFinite: replay.firstNonFinite.map(Wording.nonFinite),
            shownAnchor: anchor
        )
    }
}
