import Foundation
import Terms
import TrainingLogs

/// The curves of one run, put in order once for all rules.
package struct RunCurves: Sendable {
    /// The log the run is taken from.
    package let history: TrainingHistory
    /// The run as configured.
    package internal(set) var configuration: TrainingConfiguration
    /// Training loss as printed, one record a step, NaN and infinities included.
    package let printed: Series
    /// The records behind ``printed`` in the order in which they stand in the log, steps that a resumed run repeats
    /// included.
    package let inPrintOrder: Series
    /// The finite records of ``printed``.
    package let loss: Series
    /// ``loss`` with a moving average undone: what one step did. Equal to ``loss`` for every other scope.
    package let raw: Series
    /// Validation loss, finite records.
    package let validation: Series
    /// Learning rate, or its multiplier, finite records.
    package let learningRate: Series
    /// The lowest and the highest of ``learningRate``; `nil` without records.
    package let rateBounds: ClosedRange<Double>?
    /// The steps with which a process resumed: where the log goes back (``Segmentation``), and where a line
    /// of it tells of a resume.
    package let restarts: [Int]
    /// Global gradient norm as printed, NaN and infinities included.
    package let gradientNorm: Series
    /// The finite records of ``gradientNorm``.
    package let finiteGradientNorm: Series
    /// Loss scale, finite records.
    package let lossScale: Series
    /// One description of ``raw``, from which symptoms are read.
    package let description: CurveDescription
    /// The usual distance between two records, in steps; at least 1.
    package let interval: Int
    /// Robust standard deviation of the records of ``raw`` about their trend.
    package let noise: Double
    /// See ``repetitions``.
    let foundRepetitions = Lazy<RunRepetitions>()
    /// Dips and spikes, which several rules ask for.
    package private(set) var dips: [Symptom] = []
    package private(set) var spikes: [Symptom] = []

    /// The runs of a log, see ``TrainingHistory/runs``.
    package static func runs(
        of history: TrainingHistory,
        configuration: TrainingConfiguration
    ) -> [RunCurves] {
        history.runs.map { history in
            RunCurves(
                history: history,
                configuration: configuration,
                inPrintOrder: history.train,
                printed: history.train.merged(),
                validation: history.validation.merged(),
                learningRate: history.learningRate.merged(),
                gradientNorm: history.gradientNorm.merged(),
                lossScale: history.lossScale.merged(),
                restarts: history.resumedSteps
            )
        }
    }

    /// Puts the curves of one run in order; every series must be merged.
    package init(
        history: TrainingHistory,
        configuration: TrainingConfiguration = TrainingConfiguration(),
        inPrintOrder: Series? = nil,
        printed: Series = Series(),
        validation: Series = Series(),
        learningRate: Series = Series(),
        gradientNorm: Series = Series(),
        lossScale: Series = Series(),
        restarts: [Int] = []
    ) {
        self.history = history
        self.configuration = configuration
        self.inPrintOrder = inPrintOrder ?? printed
        self.printed = printed
        self.loss = printed.finite.withoutReplaced(by: gradientNorm)
        self.validation = validation.finite
        self.learningRate = learningRate.finite
        let rates = self.learningRate.values
        if let lowest = rates.min(), let highest = rates.max() {
            self.rateBounds = lowest...highest
        } else {
            self.rateBounds = nil
        }
        self.restarts = restarts
        self.gradientNorm = gradientNorm
        self.finiteGradientNorm = gradientNorm.finite
        self.lossScale = lossScale.finite
        self.raw =
            history.lossScope == .movingAverage ? MovingAverage.undone(loss, base: history.stepBase) ?? loss : loss
        self.noise = Robust.noise(raw.values)
        self.description = CurveDescription(raw.values)
        let gaps = zip(printed.steps, printed.steps.dropFirst()).prefix(10_000).map { Double($1.subtractingStep($0)) }
        let usual = gaps.isEmpty ? 1 : Robust.median(gaps)
        self.interval = max(1, usual < 1e9 ? Int(usual) : 1)
        self.dips = LossDipRule.find(in: self)
        self.spikes = LossSpikeRule.find(in: self)
    }
}

extension Series {
    /// The losses without zeros at steps whose gradient norm is not finite: a trainer that prints no NaN puts 0 in its place.
    /// - Parameter norms: Gradient norms, steps rising.
    fileprivate func withoutReplaced(by norms: Series) -> Series {
        guard values.contains(0) else { return self }
        var result = Series()
        for (step, value) in zip(steps, values) {
            if value == 0, let norm = norms.value(atStep: step), !norm.isFinite { continue }
            result.append(step: step, value: value)
        }
        return result
    }
}

extension RunCurves {
    /// Entries of the vocabulary, as configured or as the log prints it.
    package var vocabulary: Int? { configuration.vocabulary ?? history.hyperparameters.vocabulary }

    /// Planned optimizer steps, as configured or as the log prints them.
    package var plannedSteps: Int? { configuration.steps ?? history.hyperparameters.totalSteps }

    /// Tokens per optimizer step, as configured or as the log prints them.
    package var tokensPerStep: Int? { configuration.tokensPerStep ?? history.hyperparameters.tokensPerStep }

    /// Whether the log holds the run's first steps, from fresh weights on.
    package var startsAtBeginning: Bool {
        guard let first = printed.steps.first, !history.startsTrained else { return false }
        return first.subtractingStep(history.stepBase) <= 2 * interval
    }

    /// The loss before anything was learned: median of the first three records, if the log holds them.
    package var initialLoss: Double? {
        guard startsAtBeginning, let first = loss.values.first else { return nil }
        // Where records are far apart, the second one has learned something.
        return interval > 10 ? first : Robust.median(loss.values.prefix(3))
    }

    /// The loss of guessing: ln(vocabulary), or the loss at the start when that is at least 3.5 nats (33 symbols; a
    /// fine-tuned model starts lower). `nil` where neither is known.
    package var chanceLoss: Double? {
        if let vocabulary, vocabulary > 1 { return log(Double(vocabulary)) }
        guard let initialLoss, initialLoss >= 3.5, initialLoss < 14, let first = loss.steps.first,
            first.subtractingStep(history.stepBase) <= max(20, interval / 2)
        else { return nil }
        return initialLoss
    }

    /// The loss at the end: median of the last tenth, at least 5 and at most 200 records.
    package var finalLoss: Double? {
        guard !loss.isEmpty else { return nil }
        return Robust.median(loss.values.suffix(min(200, max(5, loss.count / 10))))
    }

    /// The log's last step.
    package var lastStep: Int { printed.steps.last ?? 0 }

    /// The last step of the last process: a run that resumed may not have come as far again; `nil` without records.
    package var latestStep: Int? {
        if inPrintOrder.count == printed.count { return printed.steps.last }
        return Segmentation.segments(of: inPrintOrder.steps).last?.steps.upperBound
    }

    /// The highest absolute learning rate of the log or, if it prints none, of the configuration.
    package var peakLearningRate: Double? {
        if !history.learningRateIsMultiplier, let peak = rateBounds?.upperBound { return peak }
        return configuration.peakLearningRate
    }

    /// Median of the finite losses in a range of record indices, clamped; `nil` when empty.
    package func level(_ records: Range<Int>) -> Double? {
        let range = records.clamped(to: 0..<loss.count)
        return range.isEmpty ? nil : Robust.median(Robust.sample(loss.values[range]))
    }
}

extension Series {
    /// The records whose value is finite.
    package var finite: Series {
        if values.allSatisfy(\.isFinite) { return self }
        var result = Series()
        for (step, value) in zip(steps, values) where value.isFinite { result.append(step: step, value: value) }
        return result
    }

    /// The records whose value is above zero.
    package var positive: Series {
        if values.allSatisfy({ $0 > 0 }) { return self }
        var result = Series()
        for (step, value) in zip(steps, values) where value > 0 { result.append(step: step, value: value) }
        return result
    }

    /// The index of the first record at or after a step, of a series whose steps rise.
    /// - Complexity: O(log n).
    package func index(atOrAfter step: Int) -> Int {
        var low = 0
        var high = count
        while low < high {
            let middle = (low + high) / 2
            if steps[middle] < step { low = middle + 1 } else { high = middle }
        }
        return low
    }

    /// The last value before a step, of a series whose steps rise.
    package func last(before step: Int) -> Double? {
        let index = index(atOrAfter: step)
        return index > 0 ? values[index - 1] : nil
    }

    /// The last value up to a step, of a series whose steps rise.
    package func last(upTo step: Int) -> Double? { last(before: step.addingStep(1)) }

    /// The values of a range of steps, of a series whose steps rise.
    package func values(in range: ClosedRange<Int>) -> ArraySlice<Double> {
        let low = index(atOrAfter: range.lowerBound)
        var high = index(atOrAfter: range.upperBound)
        if high < count, steps[high] == range.upperBound { high += 1 }
        return values[low..<max(low, high)]
    }
}

extension Int {
    /// The step number nearest to a value; 0 for NaN.
    package init(step value: Double) {
        self = value.isNaN ? 0 : Int(Swift.min(Swift.max(value, -9.2e18), 9.2e18))
    }
}
