import DataOrder
import Diagnosis
import Shards
import Terms
import TrainingLogs

extension LoaderInputs {
    /// What the loader of a configured run is made from.
    init(_ configuration: AuditConfiguration, inventory: ShardInventory, history: TrainingHistory?) {
        self.init(
            options: configuration.order,
            files: RunFiles(configuration: configuration, inventory: inventory)
        )
        vocabulary = configuration.model.vocabulary
        let settings = history?.hyperparameters ?? Hyperparameters()
        printed.batch = settings.batch
        printed.sequence = settings.sequence
        printed.accumulation = settings.accumulation
        printed.worldSize = settings.worldSize
        printed.tokensPerStep = settings.tokensPerStep
        printed.vocabulary = settings.vocabulary
        printed.parameters = settings.parameters
        printed.options = settings.options
        printed.accumulationCountsRanks = settings.accumulationCountsRanks
        printed.sources = settings.sources
        printed.unclear = settings.unclear.mapValues(\.text)
        let base = history?.stepBase ?? 0
        stepBase = base
        let (distance, overflow) = (history?.train.steps.max() ?? base).subtractingReportingOverflow(base)
        // A step that no run reaches is a misprint; it must not become the size of anything.
        let shown = overflow || distance >= 1 << 40 ? 0 : distance + 1
        // Where no plan is known, one more than the log shows: a run may die in the step after the last it printed.
        updates = max(1, configuration.training.steps ?? settings.totalSteps ?? shown + 1, shown)
        guard let history else { return }
        processes = Processes(history).stretches(base: base)
        positions = history.dataPositions.map { position in
            NanochatPosition(
                update: position.step &- base,
                epoch: position.epoch,
                file: position.file,
                rowGroup: position.rowGroup
            )
        }
    }
}
