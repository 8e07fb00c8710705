import ArgumentParser
import AuditPipeline
import DataOrder
import Shards

/// What commands on one step of a configured run share: configuration, shards, log, data order.
struct RunOptions: ParsableArguments {
    @Option(name: .shortAndLong, help: "The audit's configuration.")
    var config = defaultConfig

    /// Where a configuration is looked for unless named.
    static let defaultConfig = "audit.yaml"

    /// The run as far as tracing needs it; shards are looked at but not hashed.
    func load(workers: Int) async throws -> MappedRun {
        let run = try await LoadedRun.load(
            try ConfigurationReader.read(path: config),
            level: .structure,
            workers: workers,
            progress: SilentProgress()
        )
        let (map, inventory) = try run.requiredMap(configurationPath: config)
        if let log = run.log { CommonOptions.noteRuns(of: log) }
        return MappedRun(run: run, map: map, inventory: inventory)
    }
}

/// A configured run whose steps can be traced.
struct MappedRun: Sendable {
    var run: LoadedRun
    var map: DataMap
    var inventory: ShardInventory

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
