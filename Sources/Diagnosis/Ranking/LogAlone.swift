import Terms
import TrainingLogs

/// What log and configuration alone say of a run of which more is known: by it the confidence that shards, checkpoints and
/// replays add is told from that of rules of thumb.
public struct LogAlone: Sendable {
    let analysis: LogAnalysis
    private let seen: [SymptomKind: Set<Int>]

    /// Looks again at the run, without what was found out beside log and configuration.
    /// - Parameters:
    ///   - analysis: The run with all that is known.
    ///   - configuration: What log and configuration say.
    ///   - events: The events that will be asked about.
    public init(_ analysis: LogAnalysis, configuration: TrainingConfiguration, events: [Event]) {
        self.analysis = LogAnalysis(analysis, configuration: configuration)
        let kinds = Set(events.filter { $0.severity > .info }.flatMap(\.symptoms).map(\.kind))
        let rules = SymptomRules.all.filter { kinds.contains($0.kind) }
        let runs = self.analysis.runs
        seen = Dictionary(
            runs.flatMap { run in rules.flatMap { $0.symptoms(in: run) } }.map { ($0.kind, [$0.firstStep]) },
            uniquingKeysWith: { $0.union($1) }
        )
    }

    /// What log and configuration show of an event; `nil` where that leaves out what names it.
    func part(of event: Event) -> Event? {
        let shown = event.symptoms.filter { seen[$0.kind]?.contains($0.firstStep) ?? false }
        guard let lead = event.lead, shown.contains(lead) else { return nil }
        return Event(symptoms: shown)
    }
}
