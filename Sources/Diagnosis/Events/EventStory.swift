import Terms
import TrainingLogs

/// One event told once: what came first, what followed, how it ended, and what would make the diagnosis surer.
extension Diagnosis {
    /// What happened, in order of steps: symptoms, the gradient norm, the learning rate and the loss scale around them.
    /// - Returns: One sentence an entry, at most ten.
    public static func story(of event: Event, in analysis: LogAnalysis) -> [Phrase] {
        let history = analysis.history
        guard let lead = event.lead else { return [] }
        var lines: [Line] = []
        let loud = event.symptoms.filter { $0.severity > .info || event.severity == .info }
        for symptom in loud.prefix(8) {
            lines.append(Line(symptom.firstStep, .symptom, symptom.summary))
        }
        let last = max(event.firstStep, event.lastStep)
        let run = analysis.run(of: event)
        let start = loud.map(\.firstStep).min() ?? lead.firstStep
        let told =
            loud.filter { $0.kind == .gradientExplosion || $0.kind == .gradientNonFinite }.map(\.firstStep).min()
            ?? .max
        if let text = norm(near: start, in: run), text.step < told { lines.append(text) }
        let isRateTold = loud.contains { $0.kind == .scheduleJump }
        if !isRateTold, let text = rate(near: start, in: run) { lines.append(text) }
        let near = history.events.filter { item in
            guard let step = item.step else { return false }
            return step >= event.firstStep.subtractingStep(50) && step <= last.addingStep(5)
        }
        for item in near where item.kind == .resumed {
            let step = item.step ?? 0
            lines.append(Line(step, .record, "The run resumes at step \(step) (log line \(item.line))."))
        }
        let skips = near.filter { $0.kind == .skippedUpdate }
        if let first = skips.first, let step = first.step {
            let count: Phrase = skips.count == 1 ? "An update is" : "\(skips.count) updates are"
            lines.append(Line(step, .record, "\(count) skipped from step \(step) on (log line \(first.line))."))
        }
        if let text = afterwards(event, in: run) { lines.append(text) }
        var seen: Set<Phrase> = []
        let ordered = lines.sorted { ($0.step, $0.order.rawValue) < ($1.step, $1.order.rawValue) }
        return Array(ordered.map(\.text).filter { seen.insert($0).inserted }.prefix(10))
    }

    private static func norm(near step: Int, in run: RunCurves) -> Line? {
        let norms = run.gradientNorm
        let low = norms.index(atOrAfter: step.addingStep(-3 * run.interval))
        let high = min(norms.count, norms.index(atOrAfter: step.addingStep(run.interval)) + 1)
        let before = norms.values[max(0, low - 100)..<low].filter { $0.isFinite && $0 > 0 }
        guard before.count >= 5, low < high else { return nil }
        let usual = Robust.median(before)
        for index in low..<high where !norms.values[index].isFinite || norms.values[index] > 3 * usual {
            let (step, value) = (norms.steps[index], norms.values[index])
            let text: Phrase =
                value.isFinite
                ? "is \(ratio: value / usual) times its usual \(setting: usual)" : "is not finite"
            return Line(step, .curve, "At step \(step) the gradient norm \(text).")
        }
        return nil
    }

    private static func rate(near step: Int, in run: RunCurves) -> Line? {
        let rates = run.learningRate
        let low = max(1, rates.index(atOrAfter: step.addingStep(-20 * run.interval)))
        let high = min(rates.count, rates.index(atOrAfter: step.addingStep(run.interval)) + 1)
        guard low < high else { return nil }
        for index in low..<high {
            let (old, new) = (rates.values[index - 1], rates.values[index])
            guard old > 0, new > 1.8 * old || new < 0.55 * old, !isWarmup(index, of: rates) else { continue }
            let step = rates.steps[index]
            return Line(step, .curve, "At step \(step) the learning rate goes from \(rate: old) to \(rate: new).")
        }
        return nil
    }

    /// Whether the rate has risen in even steps from the first record on, as warm-up does.
    private static func isWarmup(_ index: Int, of rates: Series) -> Bool {
        guard index > 0, index + 1 < rates.count else { return false }
        let rises = (1...index + 1).map { rates.values[$0] - rates.values[$0 - 1] }
        guard let least = rises.min(), let most = rises.max(), least > 0 else { return false }
        return most < 1.2 * least
    }

    private static func afterwards(_ event: Event, in run: RunCurves) -> Line? {
        let index = run.loss.index(atOrAfter: event.lastStep.addingStep(1))
        let rest = run.loss.values[min(index, run.loss.count)...]
        guard rest.count >= 5, let step = run.loss.steps.last else { return nil }
        if let end = run.inPrintOrder.values.last, !end.isFinite, let step = run.inPrintOrder.steps.last {
            return Line(
                step,
                .end,
                "The log ends at step \(step) with a loss that is \(end.isNaN ? "NaN" : "infinite")."
            )
        }
        let from = run.loss.index(atOrAfter: event.firstStep)
        let before = run.loss.values[max(0, from - 50)..<from]
        guard before.count >= 5 else { return nil }
        let (old, new) = (Robust.median(before), Robust.median(rest.suffix(20)))
        return Line(
            step,
            .end,
            """
            The last \(count: min(20, rest.count), "record"), up to step \(step), have a median loss of \(loss: new); \
            the \(before.count) before the event have \(loss: old).
            """
        )
    }

    /// One sentence of a story, and where it belongs.
    private struct Line {
        /// Of one step: what the curves do, what the log says, the symptoms, and how it ends.
        enum Order: Int {
            case curve, record, symptom, end
        }

        var step: Int
        var order: Order
        var text: Phrase

        init(_ step: Int, _ order: Order, _ text: Phrase) {
            self.step = step
            self.order = order
            self.text = text
        }
    }

    /// What the tool lacks that would change the ranking, most useful first.
    /// - Parameters:
    ///   - event: the event.
    ///   - analysis: the log and what is configured.
    ///   - evidence: what is known beside the log.
    public static func wouldSharpen(
        _ event: Event,
        in analysis: LogAnalysis,
        evidence: [Evidence]
    ) -> [MissingInput] {
        let (history, configuration) = (analysis.history, analysis.configuration)
        var missing: [MissingInput] = []
        let known = Case(event: event, analysis: analysis, evidence: evidence)
        let isData = event.shows(.data) && !known.isEndWithoutData
        if isData, !known.isTraced { missing.append(.shards) }
        let replay = known.replays.first
        if isData, known.isTraced, replay.map({ $0.zScore < 2.5 && !known.isConclusive($0) }) ?? true {
            missing.append(.checkpoint(before: known.onset, replayed: replay?.checkpointStep))
        }
        if history.gradientNorm.isEmpty { missing.append(.gradientNorm) }
        if history.learningRate.isEmpty, configuration.peakLearningRate == nil { missing.append(.learningRate) }
        if event.symptoms.contains(where: { $0.kind == .lossNonFinite }) {
            if configuration.precision == nil { missing.append(.precision) }
            if configuration.precision == .fp16, history.lossScale.isEmpty { missing.append(.lossScale) }
        }
        if event.symptoms.contains(where: { $0.kind.traits.contains(.bounded) }) {
            if history.validation.isEmpty { missing.append(.validationLoss) }
            if history.hyperparameters.parameters == nil, configuration.parameters == nil { missing.append(.modelSize) }
        }
        if let interval = interval(history), interval > 1 { missing.append(.everyLoss(interval: interval)) }
        return missing
    }

    private static func interval(_ history: TrainingHistory) -> Int? {
        let steps = history.train.steps
        let gaps = zip(steps, steps.dropFirst()).prefix(200).map { $1.subtractingStep($0) }.filter { $0 > 0 }.sorted()
        return gaps.isEmpty ? nil : gaps[gaps.count / 2]
    }
}
