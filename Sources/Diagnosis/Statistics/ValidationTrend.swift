import TrainingLogs

/// What the validation curve says about a stretch of the training curve.
package enum ValidationTrend {
    /// Whether validation loss still falls after a step, by at least 1 %: then a rising training loss is a change of
    /// data or objective and no divergence.
    package static func falls(after step: Int, in run: RunCurves) -> Bool {
        let index = run.validation.index(atOrAfter: step)
        guard index > 0, index < run.validation.count, let last = run.validation.values.last else { return false }
        let before = run.validation.values[index - 1]
        return run.validation.count - index >= 2 && last < 0.99 * before
    }

    /// Whether validation loss does not feel what happened to the training loss at a step: the three evaluations after it
    /// are each below the lowest before it, as those of a run that goes on learning are.
    package static func isUntouched(by step: Int, in run: RunCurves) -> Bool {
        let index = run.validation.index(atOrAfter: step)
        let values = run.validation.values
        guard values.count - index >= 3, let best = values[..<index].min() else { return false }
        return values[index..<index + 3].allSatisfy { $0 < best }
    }
}
