import Diagnosis
import Terms
import TrainingLogs

/// What the template `finding` shows: one event as a story. Title, sentences and advice are HTML already (see `CodeText`).
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
    /// Whether the finding is information, which is folded so that a page is only as long as its trouble.
    var isQuiet: Bool
    /// The line that is shown while it is folded.
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
    /// The heading above them.
    var sharpenHeading: String
    /// Whether there is a section on causes, if only to say that none is known.
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
    /// The line above the causes, or instead of them.
    var causeIntroduction: String?

    init(
        _ finding: Finding,
        number: Int,
        report: AuditReport,
        history: TrainingHistory?,
        anchors: [String],
        plots: PlotSet,
        guidePages: Set<String>
    ) throws {
        let voice = report.voice.of(finding)
        self.number = number
        findingAnchor = "finding-\(number)"
        findingTitle = CodeText.html(voice.text(finding.title), limit: SafeText.limit)
        severity = finding.severity.rawValue
        severityStyle = FindingMarks.style(finding.severity)
        findingSteps = finding.steps.map { NumberText.steps($0) }
        let standing =
            finding.acceptance.map(Wording.acceptance) ?? Wording.expiry(of: finding, in: report.baseline ?? [])
        findingAccepted = standing.map { CodeText.html($0) }
        isQuiet = finding.severity == .info && report.findings.count > 1
        let quiet = finding.symptoms.first?.summary ?? finding.story.first ?? "What was seen, and why"
        quietSummary = CodeText.html(voice.text(quiet), limit: 300)
        findingZoom = try plots.element(.finding, number: number)
        findingNoZoom = ZoomPlot.absence(number: number, report: report, history: history)
        hasCurves = findingZoom != nil || findingNoZoom != nil
        switch finding.isDisagreement ? GuideLink(of: finding, voice) : nil {
        case .address(let address): findingLink = address
        case .command(let command): findingCommand = command
        case nil: break
        }
        hasFindingGuide = findingLink != nil || findingCommand != nil
        isOfCheckpoints = Self.isOfCheckpoints(finding) && !report.checkpoints.isEmpty
        findingStory = finding.story.prefix(12).map { CodeText.html(voice.text($0)) }
        // One sentence says what the symptom says; where there is none, it is all there is.
        hasFindingStory = findingStory.count > (finding.symptoms.isEmpty ? 0 : 1)
        findingStoryMore = Self.more(finding.story.count - 12, "sentence")
        isCaused = !finding.isDisagreement
        let toDo =
            isCaused
            ? finding.missing.map { voice.text($0) }
            : finding.advice.map { voice.text($0) }
        findingSharpen = toDo.prefix(6).map { CodeText.html($0) }
        hasFindingSharpen = !findingSharpen.isEmpty
        sharpenHeading = isCaused ? "What would make it surer" : "What to do"
        // A sentence of the story above is not repeated.
        let story = hasFindingStory ? Set(finding.story.prefix(12)) : []
        seen = finding.symptoms.prefix(20).map {
            Self.seen($0, isInStory: story.contains($0.summary), voice: voice, guidePages: guidePages)
        }
        hasSeen = !seen.isEmpty
        seenMore = Self.more(finding.symptoms.count - 20, "symptom")

        let states = Dictionary(report.shards.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
        let (runs, more) = SpanRun.summary(finding.spans, shards: report.shards, limit: Self.spanLimit)
        fed = runs.map { Self.fed($0, state: states[$0.shard]) }
        hasFed = !fed.isEmpty
        let units = Set(runs.map(\.unit))
        fedUnit = units.count == 1 ? units.first?.rawValue.capitalizedFirst ?? "Read" : "Read"
        fedCaption = Self.caption(finding)
        fedMore = more > 0 ? "and \(NumberText.count(more, "more span")); all are in report.json" : nil

        let replays = zip(report.replays, anchors).filter { replay, _ in
            !Wording.replays(of: finding, in: [replay]).isEmpty
        }
        shown = try replays.prefix(8).map { try Self.shown($0, anchor: $1) }
        hasShown = !shown.isEmpty
        shownMore = Self.more(Array(replays).count - 8, "replay")
        causeIntroduction = CauseWording(finding, voice).introduction
        causes = finding.hypotheses.indices.map { rank in
            CauseView(finding, rank: rank, voice: voice, guidePages: guidePages)
        }
        hasCauses = !causes.isEmpty
    }

    private static let spanLimit = 20

    /// The count of what is left out, so that nobody takes a part for the whole.
    static func more(_ count: Int, _ noun: String) -> String? {
        count > 0 ? "and \(NumberText.count(count, "more \(noun)")); all are in report.json" : nil
    }

    /// Whether the checkpoints show what the finding is about.
    private static func isOfCheckpoints(_ finding: Finding) -> Bool {
        if case .checkpoint = finding.origin { return true }
        return finding.symptoms.contains { SymptomRules.needs(of: $0.kind).contains(.weightNorms) }
    }

    /// The caption of the table of data: it says so where only some steps of a long event were traced.
    private static func caption(_ finding: Finding) -> String {
        let traced = Set(finding.spans.compactMap(\.step))
        guard let steps = finding.steps, !traced.isEmpty else { return "Data read in these steps" }
        let inside = traced.filter(steps.contains).count
        let all = steps.upperBound.subtractingStep(steps.lowerBound).addingStep(1)
        guard inside < all else { return "Data read in these steps" }
        return "Data read in the \(NumberText.count(traced.count, "step")) that \(traced.count == 1 ? "was" : "were") "
            + "traced, \(NumberText.grouped(inside)) of the finding's \(NumberText.grouped(all))"
    }

    private static func seen(_ symptom: Symptom, isInStory: Bool, voice: Voice, guidePages: Set<String>) -> Seen {
        let id = symptom.kind.rawValue
        let numbers = MeasurementText.rows(symptom.measurements).map {
            Number(numberName: $0.label, numberValue: $0.value)
        }
        var seen = Seen(
            seenKind: Wording.name(symptom.kind),
            seenSteps: NumberText.steps(symptom.firstStep, symptom.lastStep) ?? "",
            seenSummary: isInStory ? "" : ": " + CodeText.html(voice.text(symptom.summary)),
            numbers: numbers,
            hasNumbers: !numbers.isEmpty
        )
        switch GuideLink(id: id, voice) {
        case .address(let address): seen.seenLink = address
        case .command(let command):
            seen.seenCommand = command
            seen.seenAnchor = guidePages.contains(id) ? "guide-\(id)" : nil
        }
        return seen
    }

    private static func fed(_ span: SpanRun, state: ShardReport?) -> Fed {
        Fed(
            fedStep: span.steps.map(SpanRun.text) ?? "",
            fedShard: SafeText.line(span.shard, limit: 200),
            fedState: state.flatMap { $0.isDamaged ? $0.status.rawValue : nil },
            fedTokens: span.range,
            fedBytes: NumberText.range(span.bytes),
            fedPlace: "\(SpanRun.text(span.ranks)) / \(SpanRun.text(span.microSteps))",
            fedConfidence: span.confidence.rawValue
        )
    }

    private static func shown(_ replay: ReplayReport, anchor: String) throws -> Shown {
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
