import TrainingLogs

/// How far each record of a curve is from what the records before it promise.
///
/// The expectation is the median of the previous 100 records and the spread their robust deviation, both taken only from
/// records that were not themselves outliers: a spike does not hide the next one. Where outliers go on for longer
/// than a recovery may take, they are the new level and the window starts again from them. Where the curve has fallen
/// within the window (an epoch boundary, a steep stretch), high records are measured from the last 20 instead.
package struct Screen: Sendable {
    /// Records the window looks back.
    package static let window = 100
    /// Records the window must hold before anything is judged.
    package static let warmUp = 20
    /// Robust standard deviations beyond which a record does not enter the window.
    package static let exclusion = 6.0
    /// Records after which the spread is measured again; it changes slowly.
    package static let refresh = 4
    /// Records in a row above the band after which they are a new level (the seeds' 50 steps of recovery).
    package static let patienceAbove = 50
    /// Records in a row below the band after which they are a new level.
    package static let patienceBelow = 200
    /// Share of the first loss below which a spread does not count.
    package static let scaleShare = 2e-4

    /// Median of the window before each record; NaN while the window warms up.
    package private(set) var baseline: [Double] = []
    /// Robust standard deviation of the window before each record.
    package private(set) var sigma: [Double] = []
    /// (value − baseline) / sigma; 0 while the window warms up.
    package private(set) var z: [Double] = []
    /// The records beyond the band, in order.
    package private(set) var outliers: [Outlier] = []

    /// A record beyond the band, with the plain statistics of the window before it.
    package struct Outlier: Sendable, Equatable {
        /// The record.
        package var index: Int
        /// Arithmetic mean of the window.
        package var mean: Double
        /// Population standard deviation of the window.
        package var deviation: Double
        /// Whether the record lies above the band; below it otherwise.
        package var isAbove: Bool
    }

    /// Screens a curve of finite values.
    /// - Parameters:
    ///   - series: the curve.
    ///   - noise: standard deviation of its records about their trend, widened where they are not independent; infinite
    ///     keeps to the window of 100.
    /// - Complexity: O(n · window) memory moves at worst; about 0.3 µs a record.
    package init(_ series: Series, noise: Double = .infinity) {
        let values = series.values
        let scale = values.isEmpty ? 0 : abs(Robust.median(values.prefix(3)))
        let least = max(1e-4, Self.scaleShare * scale)
        baseline.reserveCapacity(values.count)
        sigma.reserveCapacity(values.count)
        z.reserveCapacity(values.count)
        var long = SlidingWindow(capacity: Self.window)
        var short = SlidingWindow(capacity: 20)
        var deviation = 0.0
        var age = 0
        var above = 0
        var below = 0
        // A long log has as many easy stretches as it has short windows.
        let isShort = values.count <= 3000
        for (index, value) in values.enumerated() {
            guard long.count >= Self.warmUp else {
                baseline.append(.nan)
                sigma.append(0)
                z.append(0)
                long.append(value)
                short.append(value)
                continue
            }
            let centre = long.median
            let recent = short.median
            if age == 0 { deviation = long.robustDeviation }
            age = (age + 1) % Self.refresh
            let spread = max(deviation, Self.floor(centre, least))
            var (base, width) = (centre, spread)
            let hasFallen = noise.isFinite && recent < centre - spread
            if hasFallen {
                base = recent
                width = min(spread, max(1.25 * short.robustDeviation, noise, Self.floor(base, least)))
            }
            /// Below the band of the last 20 records and, where the curve does not fall, of the last 100.
            func isBelow(_ value: Double) -> Bool {
                let isNear = hasFallen && isShort
                guard isNear || value < centre - Self.exclusion * spread else { return false }
                let near = max(short.robustDeviation, Self.floor(centre, least))
                return value < recent - Self.exclusion * (isNear ? max(1.25 * near, noise) : near)
            }
            let distance = (value - base) / width
            baseline.append(base)
            sigma.append(width)
            z.append(distance)
            let isLow = long.count == Self.window && isBelow(value)
            if distance > Self.exclusion || isLow {
                let plain = hasFallen && !isLow ? short.meanAndDeviation : long.meanAndDeviation
                outliers.append(
                    Outlier(index: index, mean: plain.mean, deviation: plain.deviation, isAbove: !isLow)
                )
            }
            above = distance > Self.exclusion ? above + 1 : 0
            below = isLow ? below + 1 : 0
            if above > Self.patienceAbove || below > Self.patienceBelow {
                let length = max(above, below)
                long.removeAll()
                short.removeAll()
                for past in values[max(0, index - length + 1)...index].suffix(Self.window) {
                    long.append(past)
                    short.append(past)
                }
                above = 0
                below = 0
                age = 0
            } else if above == 0, below == 0 {
                long.append(value)
                short.append(value)
            }
        }
    }

    /// The least spread a loss can have: four printed decimals of rounding, a thousandth of the level, or a small share
    /// of what the loss was at the start: of a loss that is down to 0.001 no change is worth an alarm.
    private static func floor(_ level: Double, _ least: Double) -> Double { max(least, abs(level) * 1e-3) }
}
