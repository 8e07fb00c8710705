/// One thing that a replay shows, in the order in which a report says it: figures, without words. Rows are those of the batch.
public enum ReplayConclusion: Sendable, Equatable {
    /// Control batches cost far more than what the log printed around the checkpoint: another model wrote the log.
    case anotherModel(logged: Double, controls: Double)
    /// What had to be assumed about the model, and what of its configuration was not understood.
    case notes([CheckpointNote])
    /// The checkpoint itself holds values that are not finite, so that every batch fails under it.
    case brokenWeights(NonFiniteParameter)
    /// The first value that is not finite.
    case firstNonFinite(NonFiniteOrigin)
    /// The loss of the step's batch under a checkpoint; beside that of control batches where there are any.
    case loss(step: Int, checkpoint: String, loss: Double, controls: Controls?)
    /// The log printed another loss for this very batch under these very weights.
    case otherThanLogged(Double)
    /// The loss of the batch with pristine bytes, and whether these make the difference.
    case pristine(loss: Double, isCured: Bool)
    /// The batch costs what others cost: so many deviations of the controls more.
    case ordinary(zScore: Double)
    /// So many rows carry 80 % of the excess; of the first of them its share, and the positions that carry it.
    case concentrated(rows: Int, row: Int, share: Double, positions: Range<Int>)
    /// The batch stands out under another checkpoint too, or does not: by so many deviations.
    case underOther(checkpoint: String, zScore: Double, standsOut: Bool)
    /// Another arithmetic has room for the batch, or overflows.
    case emulated(Emulation)
    /// What is wrong with a weight, or with the optimizer.
    case problem(WeightProblem)
    /// A nearer checkpoint cannot be read.
    case skippedCheckpoint(ReplayError)
    /// The checkpoint was trained on this very batch.
    case trainedOnBatch
    /// The weights are so many updates older than those of the step.
    case olderWeights(updates: Int)
    /// So many rows are left out to stay within the token budget.
    case rowsLeftOut(Int)

    /// The losses of control batches.
    public struct Controls: Sendable, Equatable {
        /// How many there are.
        public var count: Int
        /// Their mean.
        public var mean: Double
        /// Their sample standard deviation; `nil` with fewer than two.
        public var deviation: Double?
        /// How many deviations the batch lies above their mean; `nil` where it cannot be said.
        public var zScore: Double?

        /// Takes them from a result; `nil` without controls.
        public init?(_ result: ReplayResult) {
            guard let mean = result.controlMean else { return nil }
            count = result.controls.count
            self.mean = mean
            deviation = result.controlDeviation
            zScore = result.zScore
        }
    }
}
