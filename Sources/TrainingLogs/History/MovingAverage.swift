import Foundation

/// The exponential moving average nanochat prints: `e = 0.9 e + 0.1 loss`, shown as `e / (1 - 0.9^n)` after n steps.
package enum MovingAverage {
    /// The share of the past.
    static let keep = 0.9

    /// The loss of each step of a log that may hold several runs or a resumed one: each segment is undone by itself, for
    /// an average does not go on from the last record of the segment before. Of repeated steps the last one holds.
    package static func undone(_ printed: Series, segments: [Segment], base: Int) -> Series? {
        guard segments.count > 1 else { return undone(printed.merged(), base: base) }
        var result = Series()
        for segment in segments {
            let records = segment.records.clamped(to: 0..<printed.count)
            let part = Series(steps: Array(printed.steps[records]), values: Array(printed.values[records]))
            guard let raw = undone(part.merged(), base: base) else { continue }
            for (step, value) in zip(raw.steps, raw.values) { result.append(step: step, value: value) }
        }
        return result.count * 2 >= printed.count - printed.nonFiniteCount && !result.isEmpty ? result.merged() : nil
    }

    /// The loss of each step behind a printed average, where the step before was printed too. Six printed decimals give
    /// it to about 1e-5.
    ///
    /// - Parameters:
    ///   - printed: steps that rise; values that are not finite are passed over.
    ///   - base: the number of the first step.
    /// - Returns: nil when fewer than half of the records can be undone.
    package static func undone(_ printed: Series, base: Int) -> Series? {
        func weight(_ step: Int) -> Double {
            let (updates, overflow) = step.subtractingReportingOverflow(base)
            // 0.9^400 is below the last bit of 1, and underflowing powers are slow.
            return updates > 400 && !overflow ? 1 : 1 - pow(keep, overflow ? 1 : max(1, Double(updates) + 1))
        }
        var result = Series()
        var count = 0
        var previous: (step: Int, value: Double)?
        for (step, value) in zip(printed.steps, printed.values) where value.isFinite {
            count += 1
            if let before = previous {
                if step > Int.min, before.step == step - 1 {
                    let past = keep * before.value * weight(before.step)
                    result.append(step: step, value: (value * weight(step) - past) / (1 - keep))
                }
            } else if step == base {
                result.append(step: step, value: value)
            }
            previous = (step, value)
        }
        return count > 0 && result.count * 2 >= count ? result : nil
    }
}
