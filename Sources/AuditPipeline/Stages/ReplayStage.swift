import DataOrder
import Diagnosis
import Replay
import Reporting
import Shards
import Terms
import TrainingLogs

/// Replays the worst step of each of the gravest events and adds what it shows to the evidence.
struct ReplayStage {
    private let run: LoadedRun
    private let training: TrainingConfiguration
    private let analysis: LogAnalysis
    private let damage: DamageMap?
    private let options: Audit.Options
    private let progress: any ProgressReporter
    private var omissions: [Omission] = []

    /// Replays what is worth it.
    /// - Parameters:
    ///   - events: The traced events, gravest first; they receive evidence, replays, or why there is none.
    ///   - probes: The damaged steps that no event shows; one of each shard's is replayed.
    ///   - omissions: Receives what could not be replayed.
    static func run(
        _ run: LoadedRun,
        _ seen: Seen,
        _ events: [EventData],
        probes: [EventData],
        damage: DamageMap?,
        options: Audit.Options,
        progress: any ProgressReporter
    ) throws -> (events: [EventData], probes: [EventData], omissions: [Omission]) {
        guard let analysis = seen.analysis else { return (events, probes, []) }
        var stage = ReplayStage(
            run: run,
            training: seen.training,
            analysis: analysis,
            damage: damage,
            options: options,
            progress: progress
        )
        var events = events
        for index in events.indices {
            try Task.checkCancellation()
            events[index].omission =
                if events[index].event.severity < .warning {
                    .information
                } else if index >= options.replayedEvents {
                    .beyondLimit(options.replayedEvents)
                } else {
                    stage.replay(&events[index])
                }
        }
        var probes = probes
        for index in probes.indices.prefix(options.replayedEvents) {
            try Task.checkCancellation()
            probes[index].omission = stage.replay(&probes[index])
        }
        let isNothingRead =
            (events + probes).allSatisfy(\.replays.isEmpty) && seen.training.facts.checkpoints.isEmpty
            && seen.omissions.isEmpty && stage.omissions.isEmpty
        if isNothingRead, let folder = run.configuration.model.checkpoints {
            stage.omissions.append(
                Omission(.checkpoints, "The checkpoints in \(quoted: folder) were not examined: none could be read.")
            )
        }
        return (events, probes, stage.omissions)
    }

    /// - Returns: Why no step was replayed; `nil` where one was.
    private mutating func replay(_ data: inout EventData) -> ReplayOmission? {
        let history = analysis.history
        guard let damage, let map = run.order.map, !data.spans.isEmpty else {
            checkWeights(&data)
            return .noData
        }
        addVocabularyEvidence(&data, map, damage.inventory)
        let damaged = damage.tokensByShard()
        let step = worstStep(data, damaged)
        data.worstStep = step
        guard let checkpoints = run.configuration.model.checkpoints else {
            if !omissions.contains(where: { $0.kind == .replay }) {
                omissions.append(Omission(.replay, "No batch was replayed: `model.checkpoints` is not set."))
            }
            return .noCheckpoints
        }
        let controls = ControlSteps.choose(event: data.event, analysis: analysis, map: map, damaged: damaged)
        // What the optimizer makes of a rate can be computed only where the log has rates, and not shares of them.
        let rate = history.learningRateIsMultiplier ? nil : history.learningRate.merged().value(atStep: step)
        var replayStage = StepReplayer(
            map: map,
            folder: damage.inventory.folder,
            overrides: StepReplayer.overrides(run.configuration),
            checkpoints: .folder(run.configuration.resolve(checkpoints)),
            options: .init(tokenBudget: options.tokenBudget, threads: options.workers, learningRate: rate)
        )
        let logged = history.train.merged()
        replayStage.logged = logged
        progress.begin("replaying step \(step) beside \(controls.count) control batches", total: nil)
        defer { progress.end() }
        do {
            let replay = try replayStage.replay(
                step: step,
                controlSteps: controls,
                pristine: damage.copies.paths,
                former: damage.inventory.formerFiles,
                damagedTokens: damaged,
                loggedLoss: history.lossScope == .step ? logged.value(atStep: step) : nil
            )
            Self.add(replay, to: &data)
            if let precision = contrastPrecision(data.event), replay.result.suspect.firstNonFinite == nil {
                var emulated = replayStage
                emulated.options.precision = precision
                let again = try emulated.replay(
                    step: step,
                    controlSteps: [],
                    former: damage.inventory.formerFiles,
                    damagedTokens: damaged
                )
                Self.add(again, to: &data)
            }
            return nil
        } catch {
            omissions.append(Omission(.replay, "Step \(step) was not replayed: \(text: "\(error)")"))
            return .failed("\(error)")
        }
    }

    /// Without a map nothing can be replayed, but a checkpoint with broken weights explains a loss that is not finite.
    private mutating func checkWeights(_ data: inout EventData) {
        guard let path = run.configuration.model.checkpoints.map(run.configuration.resolve),
            let broken = data.event.symptoms.first(where: { $0.kind == .lossNonFinite })
        else { return }
        let base = analysis.history.stepBase
        do throws(ReplayError) {
            let folder = try CheckpointFolder.scan(path)
            guard let nearest = folder.nearest(atOrBelow: broken.firstStep.subtractingStep(base)) else { return }
            // Several files may hold the same step: a backup beside the one that was damaged.
            for file in folder.files.filter({ $0.updatesDone == nearest.updatesDone }).prefix(4) {
                let overrides = StepReplayer.overrides(run.configuration)
                let checkpoint = try Checkpoint.read(path: file.path, overrides: overrides)
                guard let parameter = checkpoint.nonFiniteParameters().first else { continue }
                data.evidence.append(
                    .nonFiniteWeights(
                        checkpoint: file.name,
                        checkpointStep: file.updatesDone + base - 1,
                        parameter: parameter.name,
                        count: parameter.count
                    )
                )
                return
            }
        } catch {
            omissions.append(
                Omission(.weights, "Checkpoints were not searched for broken weights: \(text: "\(error)")")
            )
        }
    }

    /// The run's own arithmetic, where a batch that fp32 replays without trouble should be replayed in it too: the
    /// fingerprint of an overflow is that fp32 does not show it.
    private func contrastPrecision(_ event: Event) -> Precision? {
        let isNumeric = event.symptoms.contains { $0.kind.traits.contains(.arithmetic) }
        guard isNumeric, let precision = training.precision, precision != .fp32 else { return nil }
        return Precision(rawValue: precision.rawValue)
    }

    private static func add(_ replay: StepReplay, to data: inout EventData) {
        data.replays.append(replay)
        if let contrast = replay.contrast { data.evidence.append(.replay(contrast)) }
        if let parameter = replay.nonFiniteParameters.first {
            data.evidence.append(
                .nonFiniteWeights(
                    checkpoint: replay.checkpoint,
                    checkpointStep: replay.checkpointStep,
                    parameter: parameter.name,
                    count: parameter.count
                )
            )
        }
        if let origin = replay.result.suspect.firstNonFinite {
            data.evidence.append(.nonFiniteActivation(NonFiniteActivation(origin, precision: replay.precision)))
        }
    }

    /// The step to replay: of the suspects, the first whose loss is not finite, else the one with the highest loss; where
    /// shards are damaged, only steps that read the damage come into question.
    private func worstStep(_ data: EventData, _ damaged: [String: [Range<Int>]]) -> Int {
        let traced = Set(data.spans.compactMap(\.step))
        let touched = Set(
            data.spans.filter { traced in
                (damaged[traced.span.name] ?? []).contains { $0.overlaps(traced.span.tokens) }
            }.compactMap(\.step)
        )
        let candidates = data.suspectSteps.filter { touched.isEmpty ? traced.contains($0) : touched.contains($0) }
        let curve = analysis.history.train.merged()
        let losses = candidates.map { ($0, curve.value(atStep: $0) ?? -.infinity) }
        if let broken = losses.first(where: { $0.1.isNaN || $0.1 == .infinity }) { return broken.0 }
        return losses.max { ($0.1, -$0.0) < ($1.1, -$1.0) }?.0 ?? data.event.firstStep
    }

    /// Tokens outside the vocabulary in the fed spans, where a vocabulary is known.
    private func addVocabularyEvidence(_ data: inout EventData, _ map: DataMap, _ inventory: ShardInventory) {
        guard let vocabulary = training.vocabulary ?? analysis.history.hyperparameters.vocabulary else { return }
        var counts: [String: Int] = [:]
        for span in data.spans.map(\.span) where span.unit == .tokens {
            let layout = map.loader.shards[span.shard]
            guard let path = try? inventory.folder.resolve(span.name),
                let reader = try? TokenReader(
                    path: path,
                    headerBytes: layout.headerBytes,
                    tokenWidth: layout.tokenWidth
                ),
                let tokens = try? reader.tokens(span.tokens)
            else { continue }
            let outside = tokens.reduce(0) { $0 + (Int($1) < vocabulary && $1 >= 0 ? 0 : 1) }
            if outside > 0 { counts[span.name, default: 0] += outside }
        }
        for (shard, count) in counts.sorted(by: { $0.key < $1.key }) {
            data.evidence.append(.tokensOutsideVocabulary(shard: shard, count: count, vocabulary: vocabulary))
        }
    }
}

extension NonFiniteActivation {
    /// Takes over where a replay came upon a value that is not finite.
    fileprivate init(_ origin: NonFiniteOrigin, precision: Precision) {
        let part: ModelPart =
            switch origin.operation {
            case .attentionScores, .softmax, .attentionOutput: .attention
            case .logits, .logSoftmax, .loss: .loss
            default: .other
            }
        self.init(
            layer: origin.layer,
            operation: origin.operation.rawValue,
            part: part,
            isProducer: origin.producer,
            precision: TrainingConfiguration.Precision(rawValue: precision.rawValue) ?? .fp32
        )
    }
}
