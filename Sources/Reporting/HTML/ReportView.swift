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
    /// The event and its cause in a few words.
    var heading: String
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

    init(_ document: AuditDocument, history: TrainingHistory?, plots: PlotSet) throws {
        run = SafeText.line(document.run, limit: 200)
        (heading, story) = Self.headline(document)
        hasStory = !story.isEmpty
        verdictWord = SafeText.line(Wording.verdict(document), limit: 40)
        verdictStyle =
            verdictWord == "undetermined"
            ? "undetermined" : document.verdict == "healthy" ? "healthy" : "anomalous"
        style = Resource.reportStyle + Resource.plotStyle
        facts = Self.facts(document)

        let anchors = ReplayView.anchors(document.replays)
        let told = Self.told(document.findings)
        guidePages = GuideExcerpt.all(told.map { document.findings[$0] })
        hasGuidePages = !guidePages.isEmpty
        let guideIds = Set(guidePages.map(\.guideId))
        findings = try told.map { index in
            try FindingView(
                document.findings[index],
                number: index + 1,
                document: document,
                history: history,
                anchors: anchors,
                plots: plots,
                guidePages: guideIds
            )
        }
        hasFindings = !findings.isEmpty
        findingsMore = FindingView.more(document.findings.count - told.count, "finding")
        replaysMore = FindingView.more(document.replays.count - Self.replayLimit, "replay")
        filesMore = FindingView.more(document.report.count - 50, "file")

        let curves: [(PlotKind, String)] = [
            (.loss, "Training loss"), (.rate, "Training loss and learning rate"),
            (.scatter, "Loss against learning rate"), (.gradientNorm, "Gradient norm"), (.lossScale, "Loss scale"),
        ]
        // Both show the loss with its findings and shards: above the rates, where there are any, is enough.
        let repeated: PlotKind = history?.learningRate.isEmpty == false ? .loss : .rate
        curvePlots = try curves.filter { $0.0 != repeated }.compactMap { kind, name in
            try plots.element(kind).map { CurvePlot(plotName: name, plotMarkup: $0) }
        }
        curveTable = CurveTable(history)
        comparisonView = document.comparison.map(ComparisonView.init)

        shardsView = document.shards.isEmpty ? nil : try ShardsView(document.shards, grid: plots.element(.shards))
        checkpointsView = try CheckpointsView(document.checkpoints ?? [], plot: plots.element(.checkpoints))
        replayViews = try zip(document.replays, anchors).prefix(Self.replayLimit).enumerated().map { index, pair in
            try ReplayView(
                pair.0,
                number: index + 1,
                anchor: pair.1,
                plot: plots.element(.operations, number: index + 1)
            )
        }
        hasReplays = !replayViews.isEmpty
        baseline = Self.list(Wording.baseline(document.baseline ?? []))
        hasBaseline = !baseline.isEmpty
        assumptions = Self.list(document.assumptions)
        hasAssumptions = !assumptions.isEmpty
        omissions = Self.list(document.notChecked)
        hasOmissions = !omissions.isEmpty
        let lines =
            document.reproduce.prefix(200).map { SafeText.line($0, limit: 2000) }
            + (FindingView.more(document.reproduce.count - 200, "command").map { ["# \($0)"] } ?? [])
        commands = lines.isEmpty ? nil : lines.joined(separator: "\n")
        files = document.report.prefix(50).map { SafeText.line($0, limit: 300) }
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
    private static func headline(_ document: AuditDocument) -> (String, [Fact]) {
        let parts = document.headline.split(separator: " · ").map(String.init)
        let whole = SafeText.line(document.headline, limit: 1000)
        let isGrave = { (finding: FindingDocument) in ["warning", "failure"].contains(finding.severity) }
        guard parts.count > 1, let lead = document.findings.first(where: isGrave) else { return (whole, []) }
        let isDamage = lead.isOfDamage
        // What no curve shows is told in one piece.
        guard !lead.symptoms.isEmpty || isDamage else { return (whole, []) }
        var heading = SafeText.line(isDamage ? parts[0] : lead.title, limit: 200)
        if isDamage { return (heading, story(Array(parts.dropFirst()))) }
        if let cause = CauseWording(lead, in: document).named {
            heading += ": \(Wording.name(cause.cause)) (\(NumberText.percent(cause.confidence)))"
        }
        return (heading, story(parts))
    }

    /// The parts of the headline, each with what it is.
    private static func story(_ parts: [String]) -> [Fact] {
        let labels = [
            ("fed by ", "Fed by"), ("replayed at ", "Replayed"), ("cause: ", "Cause"), ("besides, ", "Besides"),
            ("accepted by the baseline: ", "Accepted"),
        ]
        return parts.prefix(12).enumerated().map { index, part in
            let label = labels.first { part.hasPrefix($0.0) }
            let text = label.map {
                $0.0 == "replayed at " ? "at " + part.dropFirst($0.0.count) : String(part.dropFirst($0.0.count))
            }
            let term = label?.1 ?? (index == 0 ? "Seen" : "And")
            return Fact(term: term, value: SafeText.line(text ?? part, limit: 1000))
        }
    }

    /// The findings that the page tells: all, or as many as a reader can take; what curves show goes before damaged shards,
    /// which the table of shards has too.
    private static func told(_ findings: [FindingDocument]) -> [Int] {
        guard findings.count > findingLimit else { return Array(findings.indices) }
        let isDamage = { (index: Int) in findings[index].isOfDamage }
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

    private static func facts(_ document: AuditDocument) -> [Fact] {
        var facts: [Fact] = []
        if let history = document.history {
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
        if !document.shards.isEmpty {
            facts.append(Fact(term: "Shards", value: Wording.shardCounts(document.shards)))
        }
        if !document.replays.isEmpty {
            facts.append(Fact(term: "Replayed", value: NumberText.count(document.replays.count, "step")))
        }
        return facts
    }
}
