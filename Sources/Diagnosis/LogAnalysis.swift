import TrainingLogs

/// A log and its configuration with the work done once that every question about its events shares: the curves of its
/// runs in order, screened.
///
/// Asking about many events of a long log costs little more than asking about one.
public struct LogAnalysis: Sendable {
    /// The log.
    public let history: TrainingHistory
    /// What is configured.
    public let configuration: TrainingConfiguration
    /// The runs of the log, in its order.
    package let runs: [RunCurves]

    /// Puts the curves of a log in order.
    /// - Complexity: O(n log w) in the records of the log and the window of the running median.
    public init(_ history: TrainingHistory, configuration: TrainingConfiguration = TrainingConfiguration()) {
        self.history = history
        self.configuration = configuration
        runs = RunCurves.runs(of: history, configuration: configuration)
    }

    /// The same log with other knowledge of its run; the curves stay.
    package init(_ analysis: LogAnalysis, configuration: TrainingConfiguration) {
        history = analysis.history
        self.configuration = configuration
        runs = analysis.runs.map { run in
            var run = run
            run.configuration = configuration
            return run
        }
    }

    /// The run that an event happened in; the last one where several hold its steps.
    package func run(of event: Event) -> RunCurves {
        let steps = event.firstStep...max(event.firstStep, event.lastStep)
        let match = runs.last { run in
            guard let first = run.printed.steps.first, let last = run.printed.steps.last else { return false }
            return first <= steps.upperBound && steps.lowerBound <= last
        }
        return match ?? runs.last ?? RunCurves(history: history, configuration: configuration)
    }

    /// See ``Diagnosis/symptoms(in:configuration:)``.
    public func symptoms() -> [Symptom] {
        runs.flatMap { run in
            let told = SymptomRules.all.flatMap { $0.symptoms(in: run) }
            return told + UnexplainedChangeRule.symptoms(in: run, beside: told)
        }.sorted(by: Symptom.precedes)
    }

    /// See ``Diagnosis/rank(event:history:configuration:evidence:)``.
    /// - Parameters:
    ///   - event: An event of the log.
    ///   - evidence: What is known beside the log.
    ///   - alone: What log and configuration alone say; without it no ``Hypothesis/logConfidence`` is told.
    public func rank(_ event: Event, evidence: [Evidence] = [], alone: LogAlone? = nil) -> [Hypothesis] {
        Ranking.rank(event: event, analysis: self, evidence: evidence, alone: alone)
    }

    /// See ``Diagnosis/suspectSteps(of:history:)``.
    public func suspectSteps(of event: Event) -> [Int] { SuspectSteps.suspects(of: event, in: self) }

    /// See ``Diagnosis/controlSteps(of:history:count:)``.
    public func controlSteps(of event: Event, count: Int) -> [Int] {
        SuspectSteps.controls(of: event, in: self, count: count)
    }
}
