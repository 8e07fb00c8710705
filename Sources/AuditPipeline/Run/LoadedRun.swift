import DataOrder
import Diagnosis
import Shards
import Terms
import TrainingLogs

/// A configured run: its shards as they were verified, its log, and the map from steps to data. `audit`, `trace` and
/// `replay` begin with one.
public struct LoadedRun: Sendable {
    /// What was configured.
    public var configuration: AuditConfiguration
    /// The shards; `nil` when the configuration names none.
    public var inventory: ShardInventory?
    /// The whole log; `nil` when none is given.
    public var log: TrainingHistory?
    /// The stage of training that the configuration is about; `nil` without a log.
    public var history: TrainingHistory?
    /// The map from steps to data, or why there is none.
    public var order: OrderOutcome
    /// The log with its curves in order, and what configuration, log and shards say of the training; `nil` without a log.
    var analysis: LogAnalysis?
    /// The configuration of the training, and from log and shards what it leaves out.
    public var training: TrainingConfiguration

    /// Verifies, reads and maps.
    /// - Parameters:
    ///   - configuration: The run.
    ///   - level: How deep shards are looked at.
    ///   - workers: Shards read at once.
    ///   - progress: Told of each part.
    /// - Throws: What makes the rest meaningless: no log and no shards, a manifest that cannot be trusted.
    public static func load(
        _ configuration: AuditConfiguration,
        level: Verifier.Level,
        workers: Int,
        progress: any ProgressReporter
    ) async throws -> LoadedRun {
        let inventory = try await ShardStage.run(configuration, level: level, workers: workers, progress: progress)
        let log = try ReadStage.run(configuration, progress: progress)
        return MapStage.run(configuration, inventory: inventory, log: log)
    }

    /// The map, for what cannot go on without one.
    /// - Throws: Why there is none.
    public func requiredMap(configurationPath: String) throws -> (map: DataMap, inventory: ShardInventory) {
        guard let inventory else {
            throw AuditError("\(configurationPath): names no shards; set `shards.manifest` or `shards.directory`.")
        }
        guard let map = order.map else {
            let reason = order.reason ?? "the data order is not known"
            let end = reason.last == "." ? "" : "."
            throw AuditError("\(configurationPath): steps cannot be traced: \(reason)\(end)")
        }
        return (map, inventory)
    }
}

/// Reads the log.
enum ReadStage {
    /// - Returns: The whole log; `nil` when the configuration names none.
    static func run(_ configuration: AuditConfiguration, progress: any ProgressReporter) throws -> TrainingHistory? {
        guard !configuration.logs.isEmpty else { return nil }
        progress.begin("reading \(configuration.logs.joined(separator: ", "))", total: nil)
        defer { progress.end() }
        return try LogReader.read(paths: configuration.logs.map(configuration.resolve), trainer: configuration.trainer)
    }
}

/// Maps steps to data.
enum MapStage {
    static func run(
        _ configuration: AuditConfiguration,
        inventory: ShardInventory?,
        log: TrainingHistory?
    ) -> LoadedRun {
        // What is configured is one stage of training.
        let history = log?.mainStage
        var order = OrderStage.run(configuration, inventory: inventory, history: history)
        let training = training(configuration, order.map, history)
        let analysis = history.map { LogAnalysis($0, configuration: training) }
        if let analysis { order.map?.doubt = RepeatedBatches.doubt(in: analysis) }
        return LoadedRun(
            configuration: configuration,
            inventory: inventory,
            log: log,
            history: history,
            order: order,
            analysis: analysis,
            training: training
        )
    }

    /// The configuration, and from log and shards what it leaves out.
    static func training(
        _ configuration: AuditConfiguration,
        _ map: DataMap?,
        _ history: TrainingHistory?
    ) -> TrainingConfiguration {
        var training = configuration.training
        training.parameters = history?.hyperparameters.parameters
        training.trainTokens = history?.hyperparameters.trainTokens
        training.order.batch = configuration.order.batch
        training.order.sequence = configuration.order.sequence
        training.order.accumulation = configuration.order.accumulation
        training.order.worldSize = configuration.order.worldSize
        if let map {
            training.tokensPerStep = map.loader.geometry.tokensPerStep
            if map.loader.shards.allSatisfy({ $0.unit == .tokens }) {
                training.trainTokens = map.loader.shards.reduce(0) { $0 + $1.tokens }
            }
        }
        return training
    }
}
