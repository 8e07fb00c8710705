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
    var headline: String
    var verdictWord: String
    var verdictStyle: String
    var style: String
    var facts: [Fact]
    var sections: [Section]
    var findings: [FindingView]
    var hasFindings: Bool
    var lossPlot: String
    var ratePlot: String
    var normPlot: String?
    var shardsView: ShardsView?
    var replayViews: [ReplayView]
    var hasReplays: Bool
    var assumptions: [String]
    var hasAssumptions: Bool
    var omissions: [String]
    var hasOmissions: Bool
    var commands: String?
    var files: [String]
    var hasFiles: Bool

    init(_ document: AuditDocument, history: TrainingHistory?) throws {
        run = SafeText.line(document.run, limit: 200)
        headline = SafeText.line(document.headline, limit: 1000)
        let isHealthy = document.verdict == "healthy"
        verdictWord = SafeText.line(document.verdict, limit: 40)
        verdictStyle = isHealthy ? "healthy" : "anomalous"
        style = Resource.reportStyle + Resource.plotStyle
        facts = Self.facts(document)

        let anchors = ReplayView.anchors(document.replays)
        findings = try document.findings.prefix(Self.findingLimit).enumerated().map { index, finding in
            try FindingView(finding, number: index + 1, document: document, anchors: anchors)
        }
        hasFindings = !findings.isEmpty

        let damaged = document.shards.filter(\.isDamaged).map(\.name)
        let plot = { (type: any Plot.Type) in
            try type.markup(
                history: history,
                findings: document.findings,
                shardBoundaries: document.shardBoundaries,
                damagedShards: damaged
            ).encoded(isDocument: false)
        }
        lossPlot = try plot(LossPlot.self)
        ratePlot = try plot(LearningRatePlot.self)
        normPlot = history?.gradientNorm.isEmpty == false ? try plot(GradientNormPlot.self) : nil

        shardsView = document.shards.isEmpty ? nil : try ShardsView(document.shards)
        replayViews = zip(document.replays, anchors).prefix(Self.replayLimit).map { ReplayView($0, anchor: $1) }
        hasReplays = !replayViews.isEmpty
        assumptions = Self.list(document.assumptions)
        hasAssumptions = !assumptions.isEmpty
        omissions = Self.list(document.notChecked)
        hasOmissions = !omissions.isEmpty
        let lines = document.reproduce.prefix(200).map { SafeText.line($0, limit: 2000) }
        commands = lines.isEmpty ? nil : lines.joined(separator: "\n")
        files = document.report.prefix(50).map { SafeText.line($0, limit: 300) }
        hasFiles = !files.isEmpty

        sections = [
            Section(anchor: "findings", sectionName: "Findings"), Section(anchor: "curves", sectionName: "Curves"),
        ]
        if shardsView != nil { sections.append(Section(anchor: "shards", sectionName: "Shards")) }
        if hasReplays { sections.append(Section(anchor: "replays", sectionName: "Replays")) }
        if hasAssumptions { sections.append(Section(anchor: "assumptions", sectionName: "Assumptions")) }
        if hasOmissions { sections.append(Section(anchor: "not-checked", sectionName: "Not checked")) }
        if commands != nil { sections.append(Section(anchor: "reproduce", sectionName: "Reproduce")) }
    }

    private static let findingLimit = 100
    private static let replayLimit = 100

    private static func list(_ items: [String]) -> [String] {
        items.prefix(200).map { SafeText.line($0, limit: 1000) }
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
                let value = "\(NumberText.short(first.value)) \u{2192} \(NumberText.short(last.value))"
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
