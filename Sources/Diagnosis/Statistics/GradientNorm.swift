import TrainingLogs

/// The gradient norm beside its own past.
package enum GradientNorm {
    /// The largest ratio of the norm to the median of the 100 records before, within the few steps around a step: the
    /// norm leads the loss, because the loss of a step is computed before its update.
    /// - Returns: infinity where the norm is not finite; `nil` where the log prints none.
    package static func ratio(near step: Int, in run: RunCurves) -> Double? {
        let norms = run.gradientNorm
        let low = norms.index(atOrAfter: step.addingStep(-3 * run.interval))
        let high = min(norms.count, norms.index(atOrAfter: step.addingStep(2 * run.interval)) + 1)
        guard low < high else { return nil }
        let before = norms.values[max(0, low - 100)..<low].filter { $0.isFinite && $0 > 0 }
        guard before.count >= 5 else { return nil }
        let usual = Robust.median(before)
        let ratios = norms.values[low..<high].map { $0.isFinite ? $0 / usual : .infinity }
        return ratios.max()
    }
}
