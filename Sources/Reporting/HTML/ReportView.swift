import Diagnosis
import Terms
import TrainingLogs

/// What the template `report` shows.
///
/// The names of all views differ, because Mustache looks for a missing name in the views around it.
struct ReportView {
    struct Fact {
        var term: String
        var value: String
    }

    struct Section {
        var anchor: String
        var sectionName: String
    }

    var run: String
    /// The event and its cause in a few words, as HTML.
    var heading: String
    /// The parts of the headline; their values are HTML.
    var story: [Fact]
    var hasStory: Bool
    var verdictWord: String
    var verdictStyle: String
    var style: String
    var facts: [Fact]
    var sections: [Section]
    var findings: [FindingView]
    var hasFindings: Bool
    var findingsMore: String?
    var replaysMore: String?
    var filesMore: String?
    struct CurvePlot {
        var plotName: String
        var plotMarkup: String
    }

    var curvePlots: [CurvePlot]
    var curveTable: CurveTable?
    var comparisonView: ComparisonView?
    var shardsView: ShardsView?
    var checkpointsView: CheckpointsView?
    var replayViews: [ReplayView]
    var hasReplays: Bool
    var baseline: [String]
    var hasBaseline: Bool
    var assumptions: [String]
    var hasAssumptions: Bool
    var omissions: [String]
    var hasOmissions: Bool
    var guidePages: [GuideExcerpt]
    var hasGuidePages: Bool
    var commands: String?
    var files: [String]
    var hasFiles: Bool

    init(_ report: AuditReport, history: TrainingHistory?, plots: PlotSet) throws {
        run = SafeText.line(report.run, limit: 200)
        (heading, story) = Self.headline(report)
        hasStory = !story.isEmpty
        verdictWord = Wording.verdict(report)
        verdictStyle = report.verdict.id
        style = Resource.reportStyle + Resource.plotStyle
        facts = Self.facts(report)

        let anchors = ReplayView.anchors(report.replays)
        let listed = Self.listed(report.findings)
        guidePages = GuideExcerpt.all(listed.map { report.findings[$0] }, report.voice)
        hasGuidePages = !guidePages.isEmpty
        let guideIds = Set(guidePages.map(\.guideId))
        findings = try listed.map { index in
            try FindingView(
                report.findings[index],
                number: index + 1,
                report: report,
                history: history,
                anchors: anchors,
                plots: plots,
                guidePages: guideIds
            )
        }
        hasFindings = !findings.isEmpty
        findingsMore = FindingView.more(report.findings.count - listed.count, "finding")
        replaysMore = FindingView.more(report.replays.count - Self.replayLimit, "replay")
        filesMore = FindingView.more(report.files.count - 50, "file")

        let curves: [(PlotKind, String)] = [
            (.loss, "Training loss"), (.rate, "Training loss and learning rate"),
            (.mixture, "What the run was fed"), (.scatter, "Loss against learning rate"),
            (.gradientNorm, "Gradient norm"), (.lossScale, "Loss scale"),
        ]
        // Both show the loss with its findings and shards: above the rates, where there are any, is enough.
        let repeated: PlotKind = history?.learningRate.isEmpty == false ? .loss : .rate
        curvePlots = try curves.filter { $0.0 != repeated }.compactMap { kind, name in
            try plots.element(kind).map { CurvePlot(plotName: name, plotMarkup: $0) }
        }
        curveTable = CurveTable(history)
        comparisonView = report.comparison.map { ComparisonView($0, report.voice) }

        shardsView = report.shards.isEmpty ? nil : try ShardsView(report.shards, grid: plots.element(.shards))
        checkpointsView = try CheckpointsView(report.checkpoints, plot: plots.element(.checkpoints))
        replayViews = try zip(report.replays, anchors).prefix(Self.replayLimit).enumerated().map { index, pair in
            try ReplayView(
                pair.0,
                number: index + 1,
                anchor: pair.1,
                plot: plots.element(.operations, number: index + 1)
            )
        }
        hasReplays = !replayViews.isEmpty
        baseline = Self.list(Wording.baseline(report.baseline ?? []))
        hasBaseline = !baseline.isEmpty
        assumptions = Self.list(report.assumptions)
        hasAssumptions = !assumptions.isEmpty
        omissions = Self.list(report.notChecked.map { report.voice.text($0.text) })
        hasOmissions = !omissions.isEmpty
        let reproduction = report.voice.commands.reproduction(report.reproduce)
        let lines =
            reproduction.prefix(200).map { SafeText.line($0, limit: 2000) }
            + (FindingView.more(reproduction.count - 200, "command").map { ["# \($0)"] } ?? [])
        commands = lines.isEmpty ? nil : lines.joined(separator: "\n")
        files = report.files.prefix(50).map { SafeText.line($0, limit: 300) }
        hasFiles = !files.isEmpty

        sections = comparisonView == nil ? [] : [Section(anchor: "changes", sectionName: "Changes")]
        sections += [
            Section(anchor: "findings", sectionName: "Findings"), Section(anchor: "curves", sectionName: "Curves"),
        ]
        if shardsView != nil { sections.append(Section(anchor: "shards", sectionName: "Shards")) }
        if checkpointsView != nil { sections.append(Section(anchor: "checkpoints", sectionName: "Checkpoints")) }
        if hasReplays { sections.append(Section(anchor: "replays", sectionName: "Replays")) }
        if hasBaseline { sections.append(Section(anchor: "baseline", sectionName: "Baseline")) }
        if hasAssumptions { sections.append(Section(anchor: "assumptions", sectionName: "Assumptions")) }
        if hasOmissions { sections.append(Section(anchor: "not-checked", sectionName: "Not checked")) }
        if hasGuidePages { sections.append(Section(anchor: "guide", sectionName: "From the guide")) }
        if commands != nil { sections.append(Section(anchor: "reproduce", sectionName: "Reproduce")) }
    }

    /// A heading of a few words, and the headline's parts with what each is.
    private static func headline(_ report: AuditReport) -> (String, [Fact]) {
        let (voice, parts) = (report.voice, report.headline.parts)
        let whole = CodeText.html(report.headline.text(voice))
        guard parts.count > 1, let first = parts.first else { return (whole, []) }
        switch first {
        case .seen:
            let lead = report.findings.first { $0.severity > .info && !$0.symptoms.isEmpty }
            return lead.map { (heading($0.title, parts, voice), story(parts, voice)) } ?? (whole, [])
        case .finding(let title, seen: nil):
            // The heading names title and cause already.
            let rest = parts.dropFirst().filter { if case .cause = $0 { false } else { true } }
            return (heading(title, parts, voice), story(rest, voice))
        case .finding(let title, seen: _): return (heading(title, parts, voice), story(parts, voice))
        case .damage:
            return (CodeText.html(first.words(voice).text, limit: 300), story(Array(parts.dropFirst()), voice))
        default: return (whole, [])
        }
    }

    /// A title with the cause that stands out.
    private static func heading(_ title: Phrase, _ parts: [Headline.Part], _ voice: Voice) -> String {
        let cause = parts.compactMap { part in
            if case .cause(let kind, let confidence) = part { (kind, confidence) } else { nil }
        }.first
        let named = cause.map { ": \(Wording.name($0.0)) (\(NumberText.percent($0.1)))" } ?? ""
        return CodeText.html(voice.text(title), limit: 200) + XMLContentType().escapeText(named)
    }

    /// The parts of the headline, each with what it is.
    private static func story(_ parts: [Headline.Part], _ voice: Voice) -> [Fact] {
        parts.prefix(12).map { part in
            let (label, text) = part.words(voice)
            let term =
                switch part {
                case .seen, .finding: "Seen"
                case .noCause: "Cause"
                default: label?.term ?? "And"
                }
            return Fact(term: term, value: CodeText.html(text))
        }
    }

    /// The places of the findings that the page holds: all, or as many as a reader can take. What curves show goes before
    /// damaged shards, which the table of shards has too.
    private static func listed(_ findings: [Finding]) -> [Int] {
        guard findings.count > findingLimit else { return Array(findings.indices) }
        let isDamage = { (index: Int) in findings[index].origin.isDamage }
        let all = findings.indices.filter(isDamage)
        let seen = findings.indices.filter { !isDamage($0) }.prefix(findingLimit - min(20, all.count))
        let damaged = all.prefix(findingLimit - seen.count)
        return (seen + damaged).sorted()
    }

    private static let findingLimit = 100
    private static let replayLimit = 100

    private static func list(_ items: [String]) -> [String] {
        items.prefix(200).map { CodeText.html($0) }
            + (items.count > 200 ? ["and \(items.count - 200) more"] : [])
    }

    private static func facts(_ report: AuditReport) -> [Fact] {
        var facts: [Fact] = []
        if let history = report.history {
            facts.append(Fact(term: "Log", value: SafeText.line(history.format, limit: 60)))
            if let steps = NumberText.steps(history.firstStep, history.lastStep) {
                facts.append(
                    Fact(term: "Covered", value: "\(steps), \(NumberText.count(history.trainPoints, "point"))")
                )
            }
            if let first = history.firstLoss, let last = history.lastLoss {
                let value = "\(NumberText.loss(first.value)) \u{2192} \(NumberText.loss(last.value))"
                facts.append(Fact(term: "Loss", value: value))
            }
            if history.nonFinitePoints > 0 {
                facts.append(Fact(term: "Non-finite", value: NumberText.count(history.nonFinitePoints, "point")))
            }
        }
        if !report.shards.isEmpty {
            facts.append(Fact(term: "Shards", value: Wording.shardCounts(report.shards)))
        }
        if !report.replays.isEmpty {
            facts.append(Fact(term: "Replayed", value: NumberText.count(report.replays.count, "step")))
        }
        return facts
    }
}
