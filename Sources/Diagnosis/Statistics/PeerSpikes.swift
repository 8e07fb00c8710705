import Foundation
import TrainingLogs

/// The spikes of a curve by the definitions of other tools, so that numbers compare. None of them is used for findings.
public struct PeerSpikes: Sendable, Equatable {
    /// The definition.
    public struct Count: Sendable, Equatable {
        /// Whose definition, and which curve: `olmo-loss`, `zclip-gradient-norm`.
        public var id: String
        /// The definition in a few words.
        public var rule: String
        /// Records it calls spikes, records it judged, and the step of the first spike.
        public var spikes: Int
        public var judged: Int
        public var firstStep: Int?

        /// Spikes per hundred judged records; of OLMo's rule this is the cumulative SpikeScore.
        public var percent: Double { judged > 0 ? 100 * Double(spikes) / Double(judged) : 0 }
    }

    /// The definitions, in a fixed order; those whose curve the log does not hold are left out.
    public var counts: [Count]

    /// Counts the spikes of a log.
    /// - Complexity: O(n) for OLMo, Lightning, Megatron and ZClip, O(20 n) for Soup.
    public init(_ history: TrainingHistory) {
        let loss = history.train.merged()
        let norm = history.gradientNorm.merged()
        counts = []
        guard !loss.isEmpty else { return }
        counts.append(Self.olmo(loss, id: "olmo-loss"))
        counts.append(Self.lightning(loss))
        counts.append(Self.megatron(loss))
        counts.append(Self.soup(loss))
        if !norm.isEmpty {
            counts.append(Self.olmo(norm, id: "olmo-gradient-norm"))
            counts.append(Self.zclip(norm))
        }
    }

    /// OLMo-core StabilityMonitor: above mean + 6 sigma of the last 128; no test until the window is full.
    private static func olmo(_ series: Series, id: String) -> Count {
        let width = 128
        var count = Count(id: id, rule: "above mean + 6 sigma of the last 128", spikes: 0, judged: 0)
        var (sum, squares) = (0.0, 0.0)
        var window: [Double] = []
        var head = 0
        // Sums about a fixed value, so that squares do not swamp the differences.
        let origin = series.values.first { $0.isFinite } ?? 0
        for (step, value) in zip(series.steps, series.values) where value.isFinite {
            if window.count == width {
                let mean = sum / Double(width)
                let sigma = max(0, squares / Double(width) - mean * mean).squareRoot()
                if sigma >= 1e-10 {
                    count.judged += 1
                    if value - origin > mean + 6 * sigma { count.found(step) }
                }
            }
            let new = value - origin
            if window.count < width {
                window.append(new)
            } else {
                sum -= window[head]
                squares -= window[head] * window[head]
                window[head] = new
                head = (head + 1) % width
            }
            sum += new
            squares += new * new
        }
        return count
    }

    /// Lightning SpikeDetection: more than twice away from the running mean of the ten before; not finite is a spike.
    private static func lightning(_ series: Series) -> Count {
        var count = Count(
            id: "lightning-loss",
            rule: "not finite, or three times the mean of the last 10",
            spikes: 0,
            judged: 0
        )
        var window: [Double] = []
        for (step, value) in zip(series.steps, series.values) {
            if window.count >= 2 {
                count.judged += 1
                let mean = window.reduce(0, +) / Double(window.count)
                if !value.isFinite || value - mean > 2 * abs(mean) {
                    count.found(step)
                    continue
                }
            }
            if value.isFinite { window.append(value) }
            if window.count > 10 { window.removeFirst() }
        }
        return count
    }

    /// Megatron-LM's rerun state machine: ten times the largest of the first hundred.
    private static func megatron(_ series: Series) -> Count {
        var count = Count(id: "megatron-loss", rule: "ten times the largest of the first 100", spikes: 0, judged: 0)
        let first = series.values.prefix(100).filter(\.isFinite).map(abs).max() ?? 0
        for (step, value) in zip(series.steps, series.values).dropFirst(100) where value.isFinite {
            count.judged += 1
            if abs(value) >= 10 * first { count.found(step) }
        }
        return count
    }

    /// Soup's rewind: not finite, or twice the median of the twenty before.
    private static func soup(_ series: Series) -> Count {
        var count = Count(
            id: "soup-loss",
            rule: "not finite, or twice the median of the last 20",
            spikes: 0,
            judged: 0
        )
        var window: [Double] = []
        for (step, value) in zip(series.steps, series.values) {
            if window.count == 20 {
                count.judged += 1
                if !value.isFinite || value > 2 * Robust.median(window) { count.found(step) }
            } else if !value.isFinite {
                count.judged += 1
                count.found(step)
            }
            if value.isFinite { window.append(value) }
            if window.count > 20 { window.removeFirst() }
        }
        return count
    }

    /// ZClip: z score above 2.5 by exponential averages (alpha 0.97) after 25 records.
    private static func zclip(_ series: Series) -> Count {
        var count = Count(
            id: "zclip-gradient-norm",
            rule: "z above 2.5 by averages with alpha 0.97",
            spikes: 0,
            judged: 0
        )
        let finite = zip(series.steps, series.values).filter { $0.1.isFinite }
        let start = finite.prefix(25).map(\.1)
        guard start.count == 25 else { return count }
        var mean = start.reduce(0, +) / 25
        var variance = start.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / 25
        for (step, value) in finite.dropFirst(25) {
            count.judged += 1
            let sigma = max(variance, 1e-12).squareRoot()
            let z = (value - mean) / sigma
            if z > 2.5 { count.found(step) }
            // A clipped norm enters the averages as it was clipped.
            let kept = z > 2.5 ? mean + 2.5 * 2.5 / z * sigma : value
            mean = 0.97 * mean + 0.03 * kept
            variance = 0.97 * variance + 0.03 * (kept - mean) * (kept - mean)
        }
        return count
    }
}

extension PeerSpikes.Count {
    fileprivate mutating func found(_ step: Int) {
        spikes += 1
        firstStep = firstStep ?? step
    }
}
