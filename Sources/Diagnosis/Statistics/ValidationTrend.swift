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

    /// Whether validation loss goes up as often as down, and by as much: of ten evaluations and more, the ups make a third
    /// of the whole way.
    package static func swings(in run: RunCurves) -> Bool {
        let values = run.validation.values
        guard values.count >= 10 else { return false }
        let steps = zip(values, values.dropFirst()).map { $1 - $0 }
        let up = steps.reduce(0) { $0 + max(0, $1) }
        let all = steps.reduce(0) { $0 + abs($1) }
        return all > 0.05 * abs(values[values.count - 1]) && up > all / 3
    }
}
