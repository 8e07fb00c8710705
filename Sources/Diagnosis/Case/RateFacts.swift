import Foundation
import Terms
import TrainingLogs

/// What is known about the learning rate around the event.
extension Case {
    /// Whether the optimizer is of the Adam family; assumed where nothing is configured.
    package var isAdaptive: Bool {
        guard let name = run.configuration.optimizer?.lowercased() else { return true }
        return !name.contains("sgd")
    }

    /// The learning rate applied at the onset, absolute or as a multiplier.
    package var rateAtOnset: Double? {
        let rates = run.learningRate
        let index = rates.index(atOrAfter: onset)
        if index < rates.count { return rates.values[index] }
        return rates.values.last
    }

    /// The largest change of the learning rate within the 60 records before the event's end or its onset: new over old.
    package var rateJump: (step: Int, from: Double, to: Double)? {
        let rates = run.learningRate
        let low = max(2, rates.index(atOrAfter: onset.subtractingStep(60 * run.interval)))
        let high = min(rates.count, rates.index(atOrAfter: onset.addingStep(5 * run.interval)) + 1)
        guard low < high else { return nil }
        var best: (step: Int, from: Double, to: Double)?
        for index in low..<high {
            let (old, new) = (rates.values[index - 1], rates.values[index])
            guard old > 0, new > 1.8 * old, rates.values[index - 2] >= 0.99 * old else { continue }
            if new / old > (best.map { $0.to / $0.from } ?? 0) { best = (rates.steps[index], old, new) }
        }
        return best
    }

    /// Whether the learning rate still rises at the onset, and by which factor over the last half of the way there.
    package var rateGrowth: Double? {
        let rates = run.learningRate
        let index = min(rates.count - 1, rates.index(atOrAfter: climax))
        guard index >= 10, rates.values[index / 2] > 0, rates.values[index] > rates.values[index - 2] else {
            return nil
        }
        let growth = rates.values[index] / rates.values[index / 2]
        return growth > 1.2 ? growth : nil
    }

    /// The highest rate recipes of this kind use: 3e-3 for Adam, 0.3 for SGD with momentum.
    ///
    /// Sources: GPT-3 uses 6e-4 at 125 M parameters and 2.5e-4 at 13 B; small models take a few times more.
    package var highestUsualRate: Double { isAdaptive ? 3e-3 : 0.3 }

    /// The rate the event is judged by: the configured peak where the log bears it out within a factor of two, else the
    /// highest rate applied up to the climax.
    package var rateInEffect: Double? {
        let configured = run.configuration.peakLearningRate
        let rates = run.learningRate
        guard let all = run.rateBounds?.upperBound, !run.history.learningRateIsMultiplier else { return configured }
        if let configured, all <= 2 * configured, configured <= 2 * all { return configured }
        let end = max(1, rates.index(atOrAfter: climax.addingStep(1)))
        return run.rateBounds?.lowerBound == all ? all : rates.values.prefix(end).max()
    }

    /// ``rateInEffect`` in a sentence.
    package var rateText: Phrase { rateInEffect.map { "\(rate: $0)" } ?? "its present peak" }

    /// ``rateInEffect`` over ``highestUsualRate``.
    package var rateExcess: Double? { rateInEffect.map { $0 / highestUsualRate } }

    /// Whether the run begins at a rate of 1 and more with an optimizer that nobody named: plain SGD takes such rates, and
    /// nothing else does.
    package var isRateOfPlainDescent: Bool {
        guard run.configuration.optimizer == nil, !run.history.learningRateIsMultiplier else { return false }
        return run.learningRate.values.first.map { $0 >= 1 } ?? false
    }

    /// Whether the learning rate rises in a straight line up to the climax, as warm-up does.
    package var isRateLinear: Bool {
        let rates = run.learningRate
        let index = min(rates.count - 1, rates.index(atOrAfter: climax))
        guard index >= 10, rates.steps[index] > rates.steps[0] else { return false }
        let (first, last) = (rates.values[0], rates.values[index])
        let length = Double(rates.steps[index].subtractingStep(rates.steps[0]))
        return (0...index).allSatisfy { position in
            let share = Double(rates.steps[position].subtractingStep(rates.steps[0])) / length
            return abs(rates.values[position] - (first + share * (last - first))) < 0.03 * abs(last)
        }
    }

    /// Updates until the learning rate first reaches nine tenths of its peak; `nil` where the log has no rates.
    package var warmupSeen: Int? {
        let rates = run.learningRate
        guard rates.count >= 5, let peak = run.rateBounds?.upperBound, peak > 0, run.startsAtBeginning,
            let index = rates.values.firstIndex(where: { $0 >= 0.9 * peak })
        else { return nil }
        return rates.steps[index].subtractingStep(run.history.stepBase)
    }

    /// A sentence's learning rate: the absolute peak, or "the learning rate".
    package var peakText: Phrase { run.peakLearningRate.map { "\(rate: $0)" } ?? "its present peak" }

    /// Whether the schedule applies more than ten times the configured peak.
    package var isRateMisapplied: Bool {
        guard let configured = run.configuration.peakLearningRate, configured > 0 else { return false }
        return run.peakLearningRate.map { $0 > 10 * configured } ?? false
    }

    /// "reduce the peak learning rate from x to y", of the configured peak where there is one: by the factor that leads
    /// well below the highest usual rate, at least 3 and at most 10. Where the schedule applies far more than is
    /// configured, the schedule is what to mend.
    package var loweredRate: Phrase {
        let configured = run.configuration.peakLearningRate.flatMap { $0 > 0 ? $0 : nil }
        if let configured, let applied = run.peakLearningRate, isRateMisapplied {
            return """
                make the schedule apply the configured peak of \(rate: configured): it applies up to \
                \(rate: applied)
                """
        }
        guard let peak = configured ?? run.peakLearningRate, peak > 0 else {
            return "divide the peak learning rate by 3"
        }
        let factor = min(10, max(3, 2 * peak / highestUsualRate))
        return "reduce the peak learning rate from \(rate: peak) to \(rate: peak / factor)"
    }
}
