import Foundation
import Terms
import TrainingLogs

/// One event told once: what came first, what followed, how it ended, and what would make the diagnosis surer.
extension Diagnosis {
    /// What happened, in order of steps: symptoms, the gradient norm, the learning rate and the loss scale around them.
    /// - Returns: One sentence an entry, at most ten.
    public static func story(of event: Event, in analysis: LogAnalysis) -> [String] {
        let history = analysis.history
        guard let lead = event.lead else { return [] }
        var lines: [(step: Int, order: Int, text: String)] = []
        let loud = event.symptoms.filter { $0.severity > .info || event.severity == .info }
        for symptom in loud.prefix(8) {
            lines.append((symptom.firstStep, 2, symptom.summary))
        }
        let last = max(event.firstStep, event.lastStep)
        let run = analysis.run(of: event)
        let start = loud.map(\.firstStep).min() ?? lead.firstStep
        let told = loud.filter { $0.kind == .gradientExplosion }.map(\.firstStep).min() ?? .max
        if let text = norm(near: start, in: run), text.step < told { lines.append(text) }
        let isRateTold = loud.contains { $0.kind == .scheduleJump }
        if !isRateTold, let text = rate(near: start, in: run) { lines.append(text) }
        let near = history.events.filter { item in
            guard let step = item.step else { return false }
            return step >= event.firstStep.subtractingStep(50) && step <= last.addingStep(5)
        }
        for item in near where item.kind == .resumed {
            lines.append((item.step ?? 0, 1, "The run resumes at step \(item.step ?? 0) (log line \(item.line))."))
        }
        let skips = near.filter { $0.kind == .skippedUpdate }
        if let first = skips.first, let step = first.step {
            let count = skips.count == 1 ? "An update is" : "\(skips.count) updates are"
            lines.append((step, 1, "\(count) skipped from step \(step) on (log line \(first.line))."))
        }
        if let text = afterwards(event, in: run) { lines.append(text) }
        var seen: Set<String> = []
        return lines.sorted { ($0.step, $0.order) < ($1.step, $1.order) }.map(\.text).filter {
            seen.insert($0).inserted
        }
        .prefix(10).map { $0 }
    }

    private static func norm(near step: Int, in run: RunCurves) -> (step: Int, order: Int, text: String)? {
        let norms = run.gradientNorm
        let low = norms.index(atOrAfter: step.addingStep(-3 * run.interval))
        let high = min(norms.count, norms.index(atOrAfter: step.addingStep(run.interval)) + 1)
        let before = norms.values[max(0, low - 100)..<low].filter { $0.isFinite && $0 > 0 }
        guard before.count >= 5, low < high else { return nil }
        let usual = Robust.median(before)
        for index in low..<high where !norms.values[index].isFinite || norms.values[index] > 3 * usual {
            let value = norms.values[index]
            let text =
                value.isFinite
                ? "is \(Format.ratio(value / usual)) times its usual \(Format.decimal(usual))" : "is not finite"
            return (norms.steps[index], 0, "At step \(norms.steps[index]) the gradient norm \(text).")
        }
        return nil
    }

    private static func rate(near step: Int, in run: RunCurves) -> (step: Int, order: Int, text: String)? {
        let rates = run.learningRate
        let low = max(1, rates.index(atOrAfter: step.addingStep(-20 * run.interval)))
        let high = min(rates.count, rates.index(atOrAfter: step.addingStep(run.interval)) + 1)
        guard low < high else { return nil }
        for index in low..<high {
            let (old, new) = (rates.values[index - 1], rates.values[index])
            guard old > 0, new > 1.8 * old || new < 0.55 * old, !isWarmup(index, of: rates) else { continue }
            return (
                rates.steps[index], 0,
                "At step \(rates.steps[index]) the learning rate goes from \(Format.rate(old)) to \(Format.rate(new))."
            )
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

    private static func afterwards(_ event: Event, in run: RunCurves) -> (step: Int, order: Int, text: String)? {
        let index = run.loss.index(atOrAfter: event.lastStep.addingStep(1))
        let rest = run.loss.values[min(index, run.loss.count)...]
        guard rest.count >= 5, let step = run.loss.steps.last else { return nil }
        if let end = run.inPrintOrder.values.last, !end.isFinite, let step = run.inPrintOrder.steps.last {
            return (step, 3, "The log ends at step \(step) with a loss that is \(end.isNaN ? "NaN" : "infinite").")
        }
        let from = run.loss.index(atOrAfter: event.firstStep)
        let before = run.loss.values[max(0, from - 50)..<from]
        guard before.count >= 5 else { return nil }
        let (old, new) = (Robust.median(before), Robust.median(rest.suffix(20)))
        return (
            step, 3,
            """
            The last \(Format.count(min(20, rest.count), "record")), up to step \(step), have a median loss of \
            \(Format.loss(new)); the \(before.count) before the event have \(Format.loss(old)).
            """
        )
    }

    /// What the tool lacks that would change the ranking, most useful first.
    /// - Parameters:
    ///   - event: the event.
    ///   - analysis: the log and what is configured.
    ///   - evidence: what is known besides the log.
    public static func wouldSharpen(
        _ event: Event,
        in analysis: LogAnalysis,
        evidence: [Evidence]
    ) -> [String] {
        let (history, configuration) = (analysis.history, analysis.configuration)
        var missing: [String] = []
        let isData = event.symptoms.contains { symptom in
            symptom.severity > .info
                && [.lossSpike, .lossDip, .lossStepUp, .lossNonFinite, .lossDivergence, .runAborted].contains(
                    symptom.kind
                )
        }
        let isKnown = evidence.contains { item in
            switch item {
            case .shardDamaged, .shardsIntact: true
            default: false
            }
        }
        if isData, !isKnown {
            missing.append(
                "the shards and a manifest of their digests (`shards:` in audit.yaml): a damaged or intact shard decides most spikes"
            )
        }
        let file = CaseFile(event: event, analysis: analysis, evidence: evidence)
        let replay = file.replays.first
        if isData, isKnown, replay.map({ $0.zScore < 2.5 && !file.isConclusive($0) }) ?? true {
            let other = replay.map { " (under the weights of step \($0.checkpointStep) the replay cannot)" } ?? ""
            missing.append(
                """
                a sound checkpoint from before step \(file.onset) (`model.checkpoints`): a replay tells batch from \
                weights\(other)
                """
            )
        }
        if history.gradientNorm.isEmpty {
            missing.append("the gradient norm of every step: it tells a hard batch from a harmful update")
        }
        if history.learningRate.isEmpty, configuration.peakLearningRate == nil {
            missing.append("the learning rate (in the log, or `training.peakLearningRate`)")
        }
        if event.symptoms.contains(where: { $0.kind == .lossNonFinite }) {
            if configuration.precision == nil {
                missing.append("the precision (`training.precision`): fp16 overflows where bf16 does not")
            }
            if configuration.precision == .fp16, history.lossScale.isEmpty {
                missing.append("the history of the loss scale")
            }
        }
        let isLasting = event.symptoms.contains { symptom in
            [.lossPlateau, .slowLearning, .lossFlat, .finalLossHigh, .overfitting].contains(symptom.kind)
        }
        if isLasting, history.validation.isEmpty { missing.append("a validation loss") }
        if isLasting, history.hyperparameters.parameters == nil, configuration.parameters == nil {
            missing.append("the number of parameters and of training tokens: they bound what the loss can reach")
        }
        if let interval = interval(history), interval > 1 {
            missing.append("the loss of every step: the log has one in \(interval)")
        }
        return missing
    }

    private static func interval(_ history: TrainingHistory) -> Int? {
        let steps = history.train.steps
        let gaps = zip(steps, steps.dropFirst()).prefix(200).map { $1.subtractingStep($0) }.filter { $0 > 0 }.sorted()
        return gaps.isEmpty ? nil : gaps[gaps.count / 2]
    }
}
