import TrainingLogs

/// Logs of too few records for statistics: a thread's excerpt, a run that died at once.
package enum ShortLog {
    /// How many records the rules with windows need.
    package static let least = 20

    /// The jump that counts where no noise can be estimated.
    package static let factor = Threshold(
        "jump of a log of fewer than 20 records",
        1.5,
        "ratio",
        source: "between 2 (Soup, Lightning) and what healthy excerpts show (1.1); and at least one nat"
    )

    /// The first record half as high again as the median of those before it, by one nat at least.
    ///
    /// A jump in a log that starts with the run and ends below its first record belongs to start-up.
    package static func jump(in run: RunCurves) -> (index: Int, level: Double)? {
        let values = run.loss.values
        guard values.count >= 2, values.count < least, let last = values.last else { return nil }
        if run.startsAtBeginning && last <= values[0] { return nil }
        for index in values.indices.dropFirst() {
            let level = Robust.median(values[0..<index])
            if values[index] > factor.value * level, values[index] - level > 1 { return (index, level) }
        }
        return nil
    }
}
