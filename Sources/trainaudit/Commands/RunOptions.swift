import ArgumentParser
import AuditPipeline
import Shards
import TrainingLogs

/// What commands on one step of a configured run share: configuration, shards, log, data order.
struct RunOptions: ParsableArguments {
    @Option(name: .shortAndLong, help: "The audit's configuration.")
    var config = defaultConfig

    /// Where a configuration is looked for unless named.
    static let defaultConfig = "audit.yaml"

    /// The run as far as tracing needs it; shards are looked at but not hashed.
    func load(workers: Int) async throws -> LoadedRun {
        let configuration = try ConfigurationReader.read(path: config)
        let inventory = try await ShardStage.run(
            configuration,
            level: .structure,
            workers: workers,
            progress: SilentProgress()
        )
        guard let inventory else {
            throw AuditError("\(config): names no shards; set `shards.manifest` or `shards.directory`.")
        }
        var history: TrainingHistory?
        if !configuration.logs.isEmpty {
            let paths = configuration.logs.map(configuration.resolve)
            let whole = try LogReader.read(paths: paths, trainer: configuration.trainer)
            history = whole.mainStage
            CommonOptions.tellOfStages(whole)
        }
        let order = OrderStage.run(configuration, inventory: inventory, history: history)
        guard var map = order.map else {
            let reason = order.reason ?? "the data order is not known"
            throw AuditError("\(config): steps cannot be traced: \(reason)\(reason.hasSuffix(".") ? "" : ".")")
        }
        if let history { map.doubt = RepeatedBatches.doubt(in: history, configuration: configuration, map: map) }
        return LoadedRun(
            configuration: configuration,
            inventory: inventory,
            history: history,
            map: map,
            order: order
        )
    }
}

/// A configured run whose steps can be traced.
struct LoadedRun: Sendable {
    var configuration: AuditConfiguration
    var inventory: ShardInventory
    var history: TrainingHistory?
    var map: DataMap
    var order: OrderOutcome

    /// Refuses a step that the run does not have.
    func check(step: Int) throws {
        let last = map.stepBase + map.updates - 1
        guard (map.stepBase...last).contains(step) else {
            throw AuditError(
                "step \(step) lies outside the run; expected \(map.stepBase) to \(last), in the numbering of the log."
            )
        }
    }
}
