import Foundation
import Terms
import TrainingLogs

/// How slow each record of a run is, as the logarithm of the time a unit of work takes: differences are ratios, and larger is
/// slower.
package struct SpeedCurve: Sendable {
    /// The series it is taken from.
    package let kind: SeriesKind
    /// The steps, rising.
    package let steps: [Int]
    /// The logarithm of the time.
    package let slowness: [Double]

    /// The series that show the speed, best first.
    static let kinds: [SeriesKind] = [.stepTime, .tokensPerSecond, .samplesPerSecond, .mfu, .deviceFlops]

    /// The noise that the digits of a log leave, as a ratio.
    package static let floor = 0.005

    /// The best series of a log; nil where it prints no speed.
    package init?(of history: TrainingHistory) {
        let found = Self.kinds.lazy.map { ($0, history.series[$0].merged().finite.positive) }.first { $0.1.count > 1 }
        guard let (kind, series) = found else { return nil }
        self.kind = kind
        guard kind == .stepTime else {
            steps = series.steps
            slowness = series.values.map { -log($0) }
            return
        }
        // A batch that grows takes longer and does more.
        let rows = history.series[.batchRows].merged().positive
        let isRamp = (rows.values.max() ?? 0) > (rows.values.min() ?? 0)
        let records = zip(series.steps, series.values).compactMap { step, time -> (Int, Double)? in
            guard isRamp else { return (step, log(time)) }
            return rows.value(atStep: step).map { (step, log(time / $0)) }
        }
        steps = records.map(\.0)
        slowness = records.map(\.1)
    }

    /// How much slower a record is than the median of those around it, as a ratio.
    package func excess(_ index: Int, within reach: Int = 25) -> Double {
        let around = slowness[max(0, index - reach)..<min(slowness.count, index + reach + 1)]
        return exp(slowness[index] - Robust.median(around))
    }
}

extension TrainingHistory {
    /// Whether the log holds one of the series that a curve stands for.
    package func holds(_ curve: Curve) -> Bool {
        let kinds: [SeriesKind] =
            switch curve {
            case .speed: SpeedCurve.kinds
            case .memory: [.deviceMemory, .reservedMemory, .hostMemory]
            case .logits: [.attentionLogit, .zLoss]
            case .routerLoad: [.balanceLoss, .loadImbalance, .droppedTokens]
            case .updateNorm: [.updateNorm]
            case .trainingLoss, .validationLoss, .gradientNorm, .learningRate, .lossScale, .weightNorms: []
            }
        return kinds.contains { !series.groups(of: $0).isEmpty }
    }
}
