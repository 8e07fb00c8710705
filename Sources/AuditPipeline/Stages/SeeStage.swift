import DataOrder
import Diagnosis
import Reporting
import Shards
import Terms
import TrainingLogs

/// What the log and the checkpoints of a run show.
struct Seen: Sendable {
    /// The log with all that is known of the run; `nil` without a log.
    var analysis: LogAnalysis?
    /// What log and configuration alone say of the events; `nil` without a log.
    var alone: LogAlone?
    /// The events of the curves, gravest first.
    var events: [Event] = []
    /// What is configured, and what shards and checkpoints say of the run.
    var training: TrainingConfiguration
    /// What could not be looked at.
    var omissions: [Omission] = []
}

/// Looks at curves and checkpoints.
enum SeeStage {
    static func run(_ run: LoadedRun, threads: Int, progress: any ProgressReporter) -> Seen {
        var seen = Seen(training: run.training)
        guard let history = run.history else {
            seen.omissions.append(Omission(.log, "No log was given, so no symptoms were looked for."))
            return seen
        }
        seen.omissions += history.notes.map { Omission(.logPart, "Part of the log: \(text: $0)") }
        lookIntoCheckpoints(run, threads: threads, into: &seen, progress: progress)
        let analysis = LogAnalysis(history, configuration: seen.training)
        let events = Diagnosis.events(from: analysis.symptoms())
        var known = MapStage.training(run.configuration, nil, history)
        known.tokensPerStep = seen.training.tokensPerStep
        seen.analysis = analysis
        seen.events = events
        seen.alone = LogAlone(analysis, configuration: known, events: events)
        return seen
    }

    /// What shards and checkpoints say of the run as a whole.
    private static func lookIntoCheckpoints(
        _ run: LoadedRun,
        threads: Int,
        into seen: inout Seen,
        progress: any ProgressReporter
    ) {
        if let map = run.order.map, let inventory = run.inventory {
            seen.training.facts.unigramEntropy = ContentStatistics(map: map, folder: inventory.folder).unigramEntropy()
        }
        guard run.configuration.model.checkpoints != nil else { return }
        progress.begin("looking into checkpoints", total: nil)
        defer { progress.end() }
        var stage = CheckpointInspection(
            configuration: run.configuration,
            map: run.order.map,
            folder: run.inventory?.folder,
            history: run.history,
            threads: threads
        )
        stage.changedShards = Set(run.inventory?.everDamaged.map(\.name) ?? [])
        let found = stage.facts()
        seen.training.facts.checkpoints = found.checkpoints
        seen.training.facts.forward = found.forward
        if let note = stage.unopened(besides: found.checkpoints.map(\.name)) {
            seen.omissions.append(Omission(.checkpoints, "\(text: note)"))
        }
        seen.training.parameters = seen.training.parameters ?? found.parameters
        seen.training.layers = seen.training.layers ?? found.layers
    }
}
