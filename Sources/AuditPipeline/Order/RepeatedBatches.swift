import DataOrder
import Diagnosis
import TrainingLogs

/// Finds in the curves alone that a loader handed out one batch again and again, so that its arithmetic no longer holds.
public enum RepeatedBatches {
    /// The first step that is in doubt, and why; `nil` where no event of the log is best explained by a repeated batch.
    ///
    /// What was fed after the repetition is in doubt too: whether the loader stood still or only its output did is not in
    /// the log.
    public static func doubt(
        in history: TrainingHistory,
        configuration: AuditConfiguration,
        map: DataMap
    ) -> DataMap.Doubt? {
        var training = configuration.training
        training.tokensPerStep = map.loader.geometry.tokensPerStep
        let analysis = LogAnalysis(history, configuration: training)
        let events = Diagnosis.events(from: analysis.symptoms())
        let repeated = events.filter { analysis.rank($0).first?.cause == .duplicateBatch }
        return repeated.min { $0.firstStep < $1.firstStep }.map(doubt)
    }

    /// The doubt that an event raises which is best explained by a repeated batch.
    static func doubt(of event: Event) -> DataMap.Doubt {
        DataMap.Doubt(
            step: event.firstStep,
            reason:
                "the losses of steps \(event.firstStep) to \(event.lastStep) look like one batch fed again and again "
                + "(duplicate-batch), so the loader did not follow its arithmetic, and where it went on is not in the log"
        )
    }
}
