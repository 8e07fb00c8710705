import DataOrder
import Diagnosis
import TrainingLogs

/// Finds in the curves alone that a loader handed out one batch again and again, so that its arithmetic no longer holds.
enum RepeatedBatches {
    /// Steps in which a repeated batch is not yet learned.
    private static let beforeItShows = 5

    /// The first step that is in doubt, and why; `nil` where no event of the log is best explained by a repeated batch.
    ///
    /// A batch that comes again costs as much as ever at first, so that the doubt begins a few steps before it shows.
    ///
    /// What was fed after the repetition is in doubt too: whether the loader stood still or only its output did is not in
    /// the log.
    static func doubt(in analysis: LogAnalysis) -> DataMap.Doubt? {
        let events = Diagnosis.events(from: analysis.symptoms())
        let repeated = events.filter { event in
            // A dip or a collapse is what the cause explains; ranking the others would cost time and change nothing.
            event.symptoms.contains { $0.kind == .lossDip || $0.kind == .lossCollapse }
                && analysis.rank(event).first?.cause == .duplicateBatch
        }
        return repeated.min { $0.firstStep < $1.firstStep }.map { event in
            DataMap.Doubt(
                step: event.firstStep.subtractingStep(beforeItShows),
                reason:
                    "the losses of steps \(event.firstStep) to \(event.lastStep) look like one batch fed again and again "
                    + "(duplicate-batch), so the loader did not follow its arithmetic, and where it went on is not in the log"
            )
        }
    }
}
