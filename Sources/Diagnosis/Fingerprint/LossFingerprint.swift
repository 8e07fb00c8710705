import Terms
import TrainingLogs

/// The step-to-step noise of a loss curve, which its batches sign: another run on the same batches in the same order has
/// nearly the same noise, whatever its model, its rate and its seed.
///
/// The noise is the loss minus a running median of ``window`` records, over the local robust scale, clipped at ``clip``,
/// and whitened by an autoregression of order ``order``, so that interval means and moving averages, whose records repeat
/// one another, do not agree by chance.
package struct LossFingerprint: Sendable {
    /// Records of the running median: few enough to follow the first steps of a learning curve, and enough to leave 95 %
    /// of a record's noise in.
    package static let window = 21
    /// Records whose absolute noise gives the local scale.
    package static let scaleWindow = 64
    /// Robust standard deviations at which the noise is clipped: one outlier shall not decide a correlation.
    package static let clip = 3.0
    /// Order of the autoregression.
    package static let order = 3
    /// Records below which the autoregression is not estimated.
    package static let leastRecords = 64

    /// The steps of the records, rising.
    package let steps: [Int]
    /// The noise of each record in units of its robust standard deviation; 0 where the curve has none.
    package let noise: [Double]

    /// The fingerprint of finite records with rising steps.
    /// - Complexity: O(n · ``window``) at worst; about 0.15 µs a record.
    package init(_ series: Series) {
        steps = series.steps
        var noise = Self.residuals(series.values)
        Self.scale(&noise)
        Self.whiten(&noise)
        self.noise = noise
    }

    /// The correlation of this curve's noise at step s with the other's at step s + lag, over all records that both have.
    /// - Returns: the coefficient, 0 without records, and the number of records.
    /// - Complexity: O(n + m).
    package func correlation(with other: LossFingerprint, lag: Int) -> (coefficient: Double, records: Int) {
        var product = 0.0
        var mine = 0.0
        var theirs = 0.0
        var records = 0
        var index = 0
        for (step, value) in zip(steps, noise) {
            let target = step.addingStep(lag)
            while index < other.steps.count, other.steps[index] < target { index += 1 }
            guard index < other.steps.count else { break }
            guard other.steps[index] == target else { continue }
            product += value * other.noise[index]
            mine += value * value
            theirs += other.noise[index] * other.noise[index]
            records += 1
        }
        let power = (mine * theirs).squareRoot()
        return (power > 0 ? product / power : 0, records)
    }

    /// Each value minus the median of those around it; at the ends the window is as short as it must be to stay centred, so
    /// that a trend leaves nothing there either.
    private static func residuals(_ values: [Double]) -> [Double] {
        let half = window / 2
        var window = SlidingWindow(capacity: window)
        var result = [Double](repeating: 0, count: values.count)
        for index in 0..<min(values.count, half) {
            for centre in [index, values.count - 1 - index] {
                let reach = min(centre, values.count - 1 - centre)
                result[centre] = values[centre] - Robust.median(values[centre - reach...centre + reach])
            }
        }
        for (index, value) in values.enumerated() {
            window.append(value)
            let centre = index - half
            if centre >= half { result[centre] = values[centre] - window.median }
        }
        return result
    }

    /// Divides by the robust deviation of the records around, and clips.
    private static func scale(_ noise: inout [Double]) {
        let half = scaleWindow / 2
        let absolute = noise.map(abs)
        for start in stride(from: 0, to: noise.count, by: half) {
            let near = absolute[max(0, start - half / 2)..<min(noise.count, start + half + half / 2)]
            let median = Robust.median(near)
            // Where more than half of the records print their median to the digit, the mean deviation is what is left.
            let scale = median > 0 ? 1.4826 * median : 1.2533 * near.reduce(0, +) / Double(near.count)
            for index in start..<min(noise.count, start + half) {
                noise[index] = scale > 0 ? min(max(noise[index] / scale, -clip), clip) : 0
            }
        }
    }

    /// Replaces each value by what an autoregression on those before it does not predict.
    private static func whiten(_ noise: inout [Double]) {
        guard noise.count >= leastRecords else { return }
        let weights = autoregression(autocorrelations(noise))
        for index in stride(from: noise.count - 1, through: order, by: -1) {
            var predicted = 0.0
            for lag in 1...order { predicted += weights[lag - 1] * noise[index - lag] }
            noise[index] -= predicted
        }
    }

    /// The autocorrelations at lags 1 to ``order``: medians over eight parts, so that an incident in one does not count.
    private static func autocorrelations(_ noise: [Double]) -> [Double] {
        let size = max(leastRecords / 2, noise.count / 8)
        let parts = stride(from: 0, to: noise.count - size + 1, by: size).map { start -> [Double] in
            let part = noise[start..<start + size]
            let power = part.reduce(0) { $0 + $1 * $1 }
            return (1...order).map { lag in
                guard power > 0 else { return 0 }
                return zip(part, part.dropFirst(lag)).reduce(0) { $0 + $1.0 * $1.1 } / power
            }
        }
        return (0..<order).map { lag in Robust.median(parts.map { $0[lag] }) }
    }

    /// The weights of the autoregression with these autocorrelations (Levinson and Durbin), kept stable where the medians
    /// do not belong to one process.
    private static func autoregression(_ correlations: [Double]) -> [Double] {
        var weights: [Double] = []
        var error = 1.0
        for (index, correlation) in correlations.enumerated() {
            let explained = weights.enumerated().reduce(0) { $0 + $1.element * correlations[index - 1 - $1.offset] }
            let reflection = min(max((correlation - explained) / error, -0.98), 0.98)
            weights =
                weights.indices.map { weights[$0] - reflection * weights[weights.count - 1 - $0] } + [reflection]
            error *= 1 - reflection * reflection
        }
        return weights
    }
}
