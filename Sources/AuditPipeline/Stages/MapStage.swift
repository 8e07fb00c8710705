import DataOrder
import Diagnosis
import Shards
import Terms
import TrainingLogs

/// Maps steps to data.
enum MapStage {
    static func run(
        _ configuration: AuditConfiguration,
        inventory: ShardInventory?,
        log: TrainingHistory?
    ) -> LoadedRun {
        // What is configured is one run.
        let history = log?.mainRun
        var configuration = configuration
        let recorded = configuration.fill(from: history?.settings ?? [])
        let resume = inventory == nil ? nil : history.flatMap(ResumeEvidence.init)
        var order = LoaderMapping.run(configuration, inventory: inventory, history: history, resume: resume)
        order.assumptions = recorded.map { $0.seen(from: configuration.base).description } + order.assumptions
        let training = training(configuration, order.map, history)
        let analysis = history.map { LogAnalysis($0, configuration: training) }
        if let analysis, let repeated = RepeatedBatches.doubt(in: analysis) {
            let known = order.map?.doubt
            order.map?.doubt = known.map { $0.step <= repeated.step ? $0 : repeated } ?? repeated
        }
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
        training.order.sources = configuration.order.sources
        if let map {
            training.tokensPerStep = map.loader.geometry.tokensPerStep
            if map.loader.shards.allSatisfy({ $0.unit == .tokens }) {
                training.trainTokens = map.loader.shards.reduce(0) { $0 + $1.tokens }
            }
        }
        return training
    }
}
