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
    /// - Complexity: O(n · ``window``) at worst; about 0.1 µs a record.
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
        var result = [Double](repeating: 0, count: values.count)
        for index in 0..<min(values.count, half) {
            for centre in [index, values.count - 1 - index] {
                let reach = min(centre, values.count - 1 - centre)
                result[centre] = values[centre] - Robust.median(values[centre - reach...centre + reach])
            }
        }
        guard values.count >= window else { return result }
        var sorted = values[..<window].sorted()
        for centre in half..<values.count - half {
            if centre > half { replace(values[centre - half - 1], with: values[centre + half], in: &sorted) }
            result[centre] = values[centre] - sorted[half]
        }
        return result
    }

    /// Replaces one value of a rising window, moving those between; a walk, as the window is short.
    private static func replace(_ old: Double, with new: Double, in sorted: inout [Double]) {
        sorted.withUnsafeMutableBufferPointer { sorted in
            var place = 0
            while place + 1 < sorted.count, sorted[place] < old { place &+= 1 }
            while place + 1 < sorted.count, sorted[place + 1] < new {
                sorted[place] = sorted[place + 1]
                place &+= 1
            }
            while place > 0, sorted[place - 1] > new {
                sorted[place] = sorted[place - 1]
                place &-= 1
            }
            sorted[place] = new
        }
    }

    /// Divides by the robust deviation of the records around, and clips.
    private static func scale(_ noise: inout [Double]) {
        for start in stride(from: 0, to: noise.count, by: scaleWindow) {
            // The last window reaches back to be whole.
            let end = min(noise.count, start + scaleWindow)
            let near = noise[max(0, end - scaleWindow)..<end].map(abs).sorted()
            let median = Robust.median(sorted: near)
            // Where more than half of the records print their median to the digit, the mean deviation is what is left.
            let scale = median > 0 ? 1.4826 * median : 1.2533 * near.reduce(0, +) / Double(near.count)
            for index in start..<end {
                // Differences of the largest numbers are infinite.
                let ratio = scale > 0 ? noise[index] / scale : 0
                noise[index] = ratio.isNaN ? 0 : min(max(ratio, -clip), clip)
            }
        }
    }

    /// Replaces each value by what an autoregression on those before it does not predict.
    private static func whiten(_ noise: inout [Double]) {
        guard noise.count >= leastRecords else { return }
        let weights = autoregression(autocorrelations(noise))
        var past = [Double](repeating: 0, count: order)
        for index in noise.indices {
            let value = noise[index]
            var rest = value
            for lag in 0..<order { rest -= weights[lag] * past[lag] }
            if index >= order { noise[index] = rest }
            for lag in stride(from: order - 1, to: 0, by: -1) { past[lag] = past[lag - 1] }
            past[0] = value
        }
    }

    /// The autocorrelations at lags 1 to ``order``: medians over eight parts, so that an incident in one does not count.
    private static func autocorrelations(_ noise: [Double]) -> [Double] {
        let size = max(leastRecords / 2, noise.count / 8)
        let parts = stride(from: 0, to: noise.count - size + 1, by: size).map { start -> [Double] in
            var sums = [Double](repeating: 0, count: order + 1)
            for lag in 0...order {
                var sum = 0.0
                for index in start..<start + size - lag { sum += noise[index] * noise[index + lag] }
                sums[lag] = sum
            }
            return sums.dropFirst().map { sums[0] > 0 ? $0 / sums[0] : 0 }
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
