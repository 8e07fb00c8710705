import Foundation
import Terms
import TrainingLogs

/// All that is known about one event, for the cause rules to read.
package struct CaseFile: Sendable {
    /// The event.
    package let event: Event
    /// The run it happened in.
    package let run: RunCurves
    /// What shards, data order and replay say.
    package let evidence: [Evidence]
    /// The symptoms that count: information only where the event is no more than that, or where it tells of settings.
    private let symptoms: [Symptom]
    /// The loudest symptom of each kind.
    private let byKind: [SymptomKind: Symptom]

    /// Opens the file of an event.
    package init(
        event: Event,
        analysis: LogAnalysis,
        evidence: [Evidence]
    ) {
        self.event = event
        run = analysis.run(of: event)
        self.evidence = evidence
        let settings: Set<SymptomKind> = [.initialLossOff, .gradientAtClip]
        symptoms = event.symptoms.filter { symptom in
            symptom.severity > .info || event.severity == .info || settings.contains(symptom.kind)
        }
        byKind = symptoms.reduce(into: [:]) { kinds, symptom in
            if let known = kinds[symptom.kind], known.severity >= symptom.severity { return }
            kinds[symptom.kind] = symptom
        }
    }

    /// The kinds of the event's symptoms, each once, in their order of appearance.
    package var symptomKinds: [SymptomKind] {
        event.symptoms.reduce(into: []) { kinds, symptom in
            if !kinds.contains(symptom.kind) { kinds.append(symptom.kind) }
        }
    }

    /// The loudest symptom of a kind.
    package func symptom(_ kind: SymptomKind) -> Symptom? { byKind[kind] }

    /// The first symptom of a kind for which a measurement has a value.
    package func symptom(_ kind: SymptomKind, _ name: String, is value: Double) -> Symptom? {
        symptoms.first { $0.kind == kind && $0.measurements[name] == value }
    }

    /// Whether the event shows one of the kinds.
    package func shows(_ kinds: SymptomKind...) -> Bool { kinds.contains { byKind[$0] != nil } }

    /// A measurement of a symptom, the loudest of its kind first; `nil` unless the event shows it.
    package func measured(_ kind: SymptomKind, _ name: String) -> Double? {
        if let value = byKind[kind]?.measurements[name] { return value }
        return symptoms.lazy.filter { $0.kind == kind }.compactMap { $0.measurements[name] }.first
    }

    /// The first step at which the loss or the gradient shows the event; the event's first step where only the schedule
    /// does.
    package var onset: Int { firstSteps.min() ?? event.firstStep }

    /// The first step of the latest symptom of the loss or the gradient.
    package var climax: Int { firstSteps.max() ?? event.firstStep }

    private var firstSteps: [Int] {
        let still: Set<SymptomKind> = [
            .scheduleJump, .scheduleMisaligned, .initialLossOff, .gradientAtClip, .logGap, .weightNormDrift,
        ]
        let isJump = shows(.lossSpike, .lossStepUp, .lossDivergence)
        return symptoms.filter { symptom in
            !still.contains(symptom.kind) && !(isJump && symptom.kind == .overfitting)
                && !event.isOutdone(symptom)
        }.map(\.firstStep)
    }

    /// Updates before the onset.
    package var age: Int { max(0, onset.subtractingStep(run.history.stepBase)) }

    /// The onset as a share of the planned run, or of the log.
    package var progress: Double { share(of: onset) }

    /// The climax as a share of the planned run, or of the log.
    package var climaxProgress: Double { share(of: climax) }

    private func share(of step: Int) -> Double {
        let base = run.history.stepBase
        let end = max(1, run.plannedSteps ?? 0, run.lastStep.subtractingStep(base))
        return Double(max(0, step.subtractingStep(base))) / Double(end)
    }
}

// MARK: - Learning rate

extension CaseFile {
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
    package var rateText: String { rateInEffect.map(Format.rate) ?? "its present peak" }

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
    package var peakText: String { run.peakLearningRate.map(Format.rate) ?? "its present peak" }

    /// Whether the schedule applies more than ten times the configured peak.
    package var isRateMisapplied: Bool {
        guard let configured = run.configuration.peakLearningRate, configured > 0 else { return false }
        return run.peakLearningRate.map { $0 > 10 * configured } ?? false
    }

    /// "reduce the peak learning rate from x to y", of the configured peak where there is one: by the factor that leads
    /// well below the highest usual rate, at least 3 and at most 10. Where the schedule applies far more than is
    /// configured, the schedule is what to mend.
    package var loweredRate: String {
        let configured = run.configuration.peakLearningRate.flatMap { $0 > 0 ? $0 : nil }
        if let configured, let applied = run.peakLearningRate, isRateMisapplied {
            return """
                make the schedule apply the configured peak of \(Format.rate(configured)): it applies up to \
                \(Format.rate(applied))
                """
        }
        guard let peak = configured ?? run.peakLearningRate, peak > 0 else {
            return "divide the peak learning rate by 3"
        }
        let factor = min(10, max(3, 2 * peak / highestUsualRate))
        return "reduce the peak learning rate from \(Format.rate(peak)) to \(Format.rate(peak / factor))"
    }
}

// MARK: - Gradient norm

extension CaseFile {
    /// The gradient norm at and around the onset over its usual value.
    package var normRatio: Double? {
        measured(.lossSpike, "gradientNormRatio") ?? measured(.gradientExplosion, "ratio")
            ?? GradientNorm.ratio(near: onset, in: run)
    }

    /// Steps by which the first jump of the norm precedes the first jump of the loss: at least 1 where an update did the
    /// harm, 0 where the batch itself was hard, because a loss is computed before its update.
    package var normLead: Int? {
        guard let norm = symptom(.gradientExplosion)?.firstStep else { return nil }
        let losses = [symptom(.lossSpike), symptom(.lossStepUp), symptom(.lossNonFinite)].compactMap { $0?.firstStep }
        return losses.min().map { $0.subtractingStep(norm) }
    }

    /// The median norm after the onset over the one before.
    package var normAfter: Double? {
        let norms = run.finiteGradientNorm
        let index = norms.index(atOrAfter: onset)
        let before = norms.values[max(0, index - 100)..<index]
        let after = norms.values[min(norms.count, index + 2)..<min(norms.count, index + 60)]
        guard before.count >= 10, after.count >= 10 else { return nil }
        let usual = Robust.median(before)
        return usual > 0 ? Robust.median(after) / usual : nil
    }

    /// Noise of the loss after the onset over the noise before.
    package var noiseAfter: Double? {
        let index = run.loss.index(atOrAfter: onset)
        let before = run.loss.values[max(0, index - 100)..<index]
        let after = run.loss.values[min(run.loss.count, index + 3)..<min(run.loss.count, index + 100)]
        guard before.count >= 20, after.count >= 20 else { return nil }
        let usual = Robust.noise(before)
        return usual > 0 ? Robust.noise(after) / usual : nil
    }

    /// "" or the advice to clip, with the value to use.
    package var clipAdvice: String {
        guard let clip = run.configuration.gradientClip, clip > 0 else { return "clip the gradient norm at 1.0" }
        return "lower the gradient clip from \(clip) to \(clip / 2)"
    }
}

// MARK: - Data

extension CaseFile {
    /// Damaged shards that fed the event, worst overlap first.
    package var damages: [ShardDamage] {
        let found = evidence.compactMap { item -> ShardDamage? in
            if case .shardDamaged(let damage) = item { return damage }
            return nil
        }
        return found.sorted {
            $0.overlappingSteps != $1.overlappingSteps ? $0.overlappingSteps > $1.overlappingSteps : $0.shard < $1.shard
        }
    }

    /// The level at which the shards that fed the event were proved intact.
    package var intactLevel: String? {
        for case .shardsIntact(_, let level) in evidence { return level }
        return nil
    }

    /// Whether the event was traced to shards, which were checked.
    package var isTraced: Bool { intactLevel != nil || !damages.isEmpty }

    /// Whether a batch of the event was replayed, with or without a finite result.
    package var isReplayed: Bool {
        evidence.contains { item in
            switch item {
            case .replay, .nonFiniteActivation: true
            default: false
            }
        }
    }

    /// The test by replay, or another one where the batch has been replayed already.
    package func replayTest(_ step: Int, options: String = "", _ meaning: String = "", otherwise: String) -> String {
        isReplayed ? otherwise : "`trainaudit replay --step \(step)\(options)`\(meaning)"
    }

    /// Whether every shard that fed the event agrees with its digest and none is damaged.
    package var isDataProved: Bool { intactLevel == "digest" && damages.isEmpty }

    /// The replays, highest suspect first.
    package var replays: [ReplayContrast] {
        let found = evidence.compactMap { item -> ReplayContrast? in
            if case .replay(let contrast) = item { return contrast }
            return nil
        }
        return found.sorted { $0.zScore != $1.zScore ? $0.zScore > $1.zScore : $0.step < $1.step }
    }

    /// How the tokens of the event compare with those before.
    package var contentShift: ContentShift? {
        for case .contentShift(let shift) in evidence { return shift }
        return nil
    }

    /// What shards and checkpoints say of the run.
    package var facts: RunFacts { run.configuration.facts }

    /// Where a replay first produced a non-finite value.
    package var nonFiniteOperation: (layer: Int?, operation: String, precision: String)? {
        for case .nonFiniteActivation(let layer, let operation, true, let precision) in evidence {
            return (layer, operation, precision)
        }
        return nil
    }

    /// The advice to go back to before the event.
    package var resumeAdvice: String {
        resumeAdvice(before: measured(.slowRise, "lowestStep").map { Int(step: $0) } ?? onset)
    }

    /// The advice to go back to the last sound checkpoint before a step; to the beginning where that is within the first
    /// fifty.
    package func resumeAdvice(before turn: Int) -> String {
        let broken = brokenSteps.filter { $0 < turn }.min()
        let turn = broken ?? turn
        let checkpoint = run.history.events.last { event in
            event.kind == .checkpoint && (event.step ?? .max) < turn
        }?.step
        let sound = broken == nil ? nil : facts.soundCheckpoints.last { $0.step < turn }?.step
        let reason = broken.map { " (the weights of step \($0) are broken)" } ?? ""
        if let step = [checkpoint, sound].compactMap({ $0 }).max() {
            return "resume from the checkpoint of step \(step)\(reason)"
        }
        if isAtStart(turn) { return "restart from the beginning" }
        return "resume from the last checkpoint before step \(turn)\(reason)"
    }

    /// The steps of checkpoints whose weights are known to be broken.
    private var brokenSteps: [Int] {
        let found = evidence.compactMap { item -> Int? in
            if case .nonFiniteWeights(_, let step, _, _) = item { return step }
            return nil
        }
        return found + facts.damagedCheckpoints.map(\.step)
    }

    /// "from before step n", or "from the beginning".
    package var rerunPoint: String { isAtStart(onset) ? "from the beginning" : "from before step \(onset)" }

    private func isAtStart(_ step: Int) -> Bool { step.subtractingStep(run.history.stepBase) < 50 }

    /// Whether the log goes back to a step near one: a process resumed there. Records of several ranks or batches under
    /// one number are no resume.
    package func goesBack(within reach: Int, of step: Int) -> Bool {
        run.restarts.contains { abs($0.subtractingStep(step)) <= reach }
    }

    /// The event's steps in words.
    package var span: String { event.lastStep > onset ? "steps \(onset)–\(event.lastStep)" : "step \(onset)" }

    /// Adds how little a log of fewer than twenty records says about a curve that does not move.
    package func weighFewRecords(into weighing: inout Weighing) {
        let count = run.loss.count
        guard count < ShortLog.least else { return }
        let share = 1 - Double(count) / Double(ShortLog.least)
        weighing.add(-4 * share, "The log has only \(Format.count(count, "record")).")
    }

    /// Whether a replay can tell batch from weights: its checkpoint is of before the event, is not broken, and gives the
    /// control batches about the loss that the run had there.
    package func isConclusive(_ replay: ReplayContrast) -> Bool {
        guard replay.checkpointStep < onset, !brokenSteps.contains(replay.checkpointStep) else { return false }
        let end = run.loss.index(atOrAfter: replay.checkpointStep.addingStep(1))
        let near = run.loss.values[max(0, end - 20)..<end]
        guard near.count >= 5 else { return true }
        // A checkpoint costs its own run's loss; half a nat is more than other batches and rounding make of it.
        return replay.controlMean < Robust.median(near) + max(0.5, 4 * Robust.noise(near))
    }

    /// Adds what a replay of the suspect batch says about the data: `weight` for a batch that is hard under these weights.
    package func weighReplay(into weighing: inout Weighing, hard weight: Double, normal: Double) {
        guard let replay = replays.first else { return }
        let numbers = """
            replayed at checkpoint \(replay.checkpointStep), step \(replay.step) costs \
            \(Format.loss(replay.suspectLoss)), controls \(Format.loss(replay.controlMean)) ± \
            \(Format.loss(replay.controlDeviation)) (\(Format.ratio(replay.zScore)) sigma)
            """
        if replay.zScore > 4 {
            weighing.add(weight, "The batch itself is hard: \(numbers).")
        } else if replay.zScore < 2.5, isConclusive(replay) {
            weighing.add(normal, "The batch is ordinary under the weights before the event: \(numbers).")
        }
    }
}
