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
    /// The run of the log that the configuration is about; `nil` without a log.
    public var history: TrainingHistory?
    /// The map from steps to data, or why there is none.
    public var order: MappingOutcome
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
        let inventory = try await VerifyStage.run(configuration, level: level, workers: workers, progress: progress)
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
