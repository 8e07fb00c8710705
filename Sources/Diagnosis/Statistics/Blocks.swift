import TrainingLogs

/// A curve in blocks of records, each by its median: noise and spikes gone, shape kept.
package struct Blocks: Sendable {
    /// Records in one block (the last may be longer).
    package let size: Int
    /// The median of each block.
    package let medians: [Double]
    /// The step of each block's first record.
    package let firstSteps: [Int]
    /// Robust standard deviation of single records about the trend.
    package let noise: Double

    /// Cuts a curve of finite values into about `count` blocks of at least `least` records.
    package init(_ series: Series, count: Int, least: Int = 5) {
        let size = max(least, series.count / max(1, count))
        let number = series.count / size
        self.size = size
        medians = (0..<number).map { index in
            let end = index + 1 == number ? series.count : (index + 1) * size
            return Robust.median(Robust.sample(series.values[index * size..<end]))
        }
        firstSteps = (0..<number).map { series.steps[$0 * size] }
        noise = Robust.noise(series.values)
    }

    /// The standard error of a block's median: 1.25 sigma over the root of its size.
    package var error: Double { 1.2533 * noise / Double(size).squareRoot() }
}
