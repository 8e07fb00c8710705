import Replay
import TrainingLogs

/// The losses that the log printed around a checkpoint, to see whether the replayed model wrote them.
public struct LoggedNearby: Sendable, Equatable {
    /// The largest of them, nats per token.
    public var largest: Double
    /// Their mean.
    public var mean: Double
    /// Their sample standard deviation.
    public var deviation: Double

    /// Steps to each side: enough for a spread, few enough that the weights are about those of the checkpoint.
    private static let reach = 16

    /// Takes them from a curve whose steps rise; `nil` with fewer than four records.
    package init?(_ curve: Series, around step: Int) {
        let first = step.subtractingReportingOverflow(Self.reach)
        let last = step.addingReportingOverflow(Self.reach)
        guard !first.overflow, !last.overflow else { return nil }
        let range = first.partialValue...last.partialValue
        let values = zip(curve.steps, curve.values).filter { range.contains($0.0) && $0.1.isFinite }.map(\.1)
        guard values.count >= 4, let largest = values.max() else { return nil }
        let mean = values.reduce(0, +) / Double(values.count)
        let squares = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
        self.largest = largest
        self.mean = mean
        deviation = (squares / Double(values.count - 1)).squareRoot()
    }

    /// Whether control batches cost far more under the weights than the log printed with them.
    ///
    /// More than the largest logged loss by four deviations of both kinds of batches, and by a tenth: precision, kernels,
    /// padding of the vocabulary and one micro-batch instead of a step change the loss by less. A lower loss is no sign,
    /// because a replay runs without dropout.
    package func isExceeded(by result: ReplayResult) -> Bool {
        guard let controls = result.controlMean, let spread = result.controlDeviation, controls.isFinite else {
            return false
        }
        let noise = (deviation * deviation + spread * spread).squareRoot()
        return controls > largest + 4 * noise && controls > 1.1 * largest
    }
}
