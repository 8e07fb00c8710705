import DataOrder
import Diagnosis
import Foundation
import Replay
import Reporting
import Shards
import Terms
import TrainingLogs

/// Brings the stages' results together: events with their data, replays and ranked causes, then damage nobody saw.
struct AuditAssembly {
    let audit: Audit
    let inventory: ShardInventory?
    let history: TrainingHistory?
    /// The log with its curves in order, once they are looked at.
    private(set) var analysis: LogAnalysis?
    let order: OrderOutcome
    let copies: PristineCopies
    var training: TrainingConfiguration
    let commands: CommandText
    let builder: DocumentBuilder

    var findings: [FindingDocument] = []
    var replays: [(finding: String, replay: StepReplay)] = []
    var notChecked: [String] = []
    var explainedShards: Set<String> = []
    var leadEvidence: (event: EventData, hypotheses: [Hypothesis])?
    var suspectStep: Int?
    /// The ids of findings of other stages of training.
    var otherStages: Set<String> = []

    /// Spans that a finding lists; the rest is in the trace command.
    static let spanLimit = 256

    init(
        audit: Audit,
        inventory: ShardInventory?,
        history: TrainingHistory?,
        order: OrderOutcome,
        copies: PristineCopies
    ) {
        self.audit = audit
        self.inventory = inventory
        self.history = history
        self.order = order
        self.copies = copies
        var commands = CommandText(audit.configuration, path: audit.options.configurationPath)
        commands.canTrace = order.map != nil
        commands.canReplay = order.map != nil && audit.configuration.model.checkpoints != nil
        commands.replayObstacle =
            inventory == nil
            ? "no shards are given"
            : order.map == nil
                ? "steps could not be traced to data"
                : audit.configuration.model.checkpoints == nil ? "`model.checkpoints` is not set" : nil
        if let map = order.map, let path = audit.configuration.model.checkpoints.map(audit.configuration.resolve) {
            let first = (try? CheckpointFolder.scan(path))?.files.first
            commands.firstReplayableStep = first.map { $0.updatesDone + map.stepBase } ?? .max
        }
        commands.lastStep = order.map.map { $0.stepBase + $0.updates - 1 }
        self.commands = commands
        builder = DocumentBuilder(guide: audit.configuration.report.guide, commands: commands)
        training = Self.training(audit.configuration, order.map, history)
    }

    /// The configuration, and from log and shards what it leaves out.
    private static func training(
        _ configuration: AuditConfiguration,
        _ map: DataMap?,
        _ history: TrainingHistory?
    ) -> TrainingConfiguration {
        var training = configuration.training
        training.parameters = history?.hyperparameters.parameters
        training.trainTokens = history?.hyperparameters.trainTokens
        training.order.batch = configuration.order.batch
        training.order.sequence = configuration.order.sequence
        training.order.accumulation = configuration.order.accumulation
        training.order.worldSize = configuration.order.worldSize
        if let map {
            training.tokensPerStep = map.loader.geometry.tokensPerStep
            if map.loader.shards.allSatisfy({ $0.unit == .tokens }) {
                training.trainTokens = map.loader.shards.reduce(0) { $0 + $1.tokens }
            }
        }
        return training
    }

    // MARK: Events

    /// Traces, replays and ranks every event, gravest first.
    mutating func examineEvents(progress: any ProgressReporter) throws {
        if let reason = order.reason, inventory != nil {
            notChecked.append("Steps were not traced to shards: \(reason)\(reason.hasSuffix(".") ? "" : ".")")
        }
        for (name, problem) in copies.problems.sorted(by: { $0.key < $1.key }) {
            notChecked.append("No pristine copy of \(name): \(problem)")
        }
        guard let history else {
            notChecked.append("No log was given, so no symptoms were looked for.")
            return
        }
        for note in history.notes { notChecked.append("Part of the log: \(note)") }
        defer {
            if replays.isEmpty, notChecked.isEmpty, training.facts.checkpoints.isEmpty,
                audit.configuration.model.checkpoints != nil
            {
                notChecked.append("The checkpoints were not examined: none could be read.")
            }
        }
        gatherFacts(progress: progress)
        let analysis = LogAnalysis(history, configuration: training)
        self.analysis = analysis
        let events = Diagnosis.events(from: analysis.symptoms())
        var known = Self.training(audit.configuration, nil, history)
        known.tokensPerStep = training.tokensPerStep
        let alone = LogAlone(analysis, configuration: known, events: events)
        let suspects = events.map(analysis.suspectSteps)
        let allSuspects = Set(suspects.joined())
        let stage = EvidenceStage(inventory: inventory, order: order, copies: copies, history: history)
        var doubts: [DataMap.Doubt] = []
        var ranks: [(event: Event, hypotheses: [Hypothesis])] = []
        for (index, event) in events.enumerated() {
            try Task.checkCancellation()
            var data = stage.gather(event, suspects: suspects[index], allSuspects: allSuspects)
            if event.severity >= .warning, index < 8, let shift = contentShift(data, history) {
                data.evidence.append(.contentShift(shift))
            }
            var told = builder
            if event.severity < .warning {
                told.commands?.omittedReplay = "the finding is information only"
            } else if index < audit.options.replayedEvents {
                told.commands?.omittedReplay = replay(&data, stage, analysis, progress)
            } else {
                told.commands?.omittedReplay =
                    "only the \(audit.options.replayedEvents) gravest findings are replayed"
            }
            let ranked = analysis.rank(event, evidence: data.evidence, alone: alone)
            let hypotheses = Diagnosis.reconciled(ranked, of: event, with: ranks)
            ranks.append((event, hypotheses))
            // Damage is a finding of its own, unless a failure that it caused tells of it already.
            if event.severity == .failure, hypotheses.first?.cause == .corruptShard {
                for case .shardDamaged(let damage) in data.evidence where damage.overlappingSteps > 0 {
                    explainedShards.insert(damage.shard)
                }
            }
            if hypotheses.first?.cause == .duplicateBatch { doubts.append(RepeatedBatches.doubt(of: event)) }
            let spans = data.spans.prefix(Self.spanLimit).map { DocumentBuilder.span($1, step: $0) }
            findings.append(
                told.finding(
                    event,
                    spans: Array(spans),
                    hypotheses: hypotheses,
                    story: Diagnosis.story(of: event, in: analysis),
                    wouldSharpen: Diagnosis.wouldSharpen(event, in: analysis, evidence: data.evidence)
                )
            )
            if leadEvidence == nil, event.severity >= .warning { leadEvidence = (data, hypotheses) }
        }
        doubtSpans(doubts)
    }

    /// A loader that repeats batches does not follow the arithmetic any more, whatever a span was found for.
    private mutating func doubtSpans(_ doubts: [DataMap.Doubt]) {
        guard let doubt = doubts.min(by: { $0.step < $1.step }) else { return }
        for finding in findings.indices {
            for span in findings[finding].spans.indices where (findings[finding].spans[span].step ?? .min) >= doubt.step
            {
                findings[finding].spans[span].confidence = MappingConfidence.unknown.rawValue
                findings[finding].spans[span].reason = doubt.reason
            }
        }
    }

    /// Whether the tokens change where the loss does.
    private func contentShift(_ data: EventData, _ history: TrainingHistory) -> ContentShift? {
        guard let map = order.map, let inventory, !data.spans.isEmpty,
            data.spans.allSatisfy({ $0.span.confidence == .exact })
        else { return nil }
        return ContentStage(map: map, folder: inventory.folder).shift(
            at: data.suspectSteps,
            onset: data.event.firstStep,
            lastStep: history.train.steps.max() ?? 0
        )
    }

    /// What shards and checkpoints say of the run as a whole.
    private mutating func gatherFacts(progress: any ProgressReporter) {
        if let map = order.map, let inventory {
            training.facts.unigramEntropy = ContentStage(map: map, folder: inventory.folder).unigramEntropy()
        }
        guard audit.configuration.model.checkpoints != nil else { return }
        progress.begin("looking into checkpoints", total: nil)
        defer { progress.end() }
        var stage = CheckpointStage(
            configuration: audit.configuration,
            map: order.map,
            folder: inventory?.folder,
            history: history,
            threads: audit.options.workers
        )
        stage.changedShards = Set(inventory?.everDamaged.map(\.name) ?? [])
        let found = stage.facts()
        training.facts.checkpoints = found.checkpoints
        training.facts.forward = found.forward
        if let note = stage.unopened(besides: found.checkpoints.map(\.name)) { notChecked.append(note) }
        training.parameters = training.parameters ?? found.parameters
        training.layers = training.layers ?? found.layers
    }

    /// Replays the worst suspect step of an event and adds what it shows to the evidence.
    /// - Returns: Why no step was replayed; `nil` where one was.
    private mutating func replay(
        _ data: inout EventData,
        _ stage: EvidenceStage,
        _ analysis: LogAnalysis,
        _ progress: any ProgressReporter
    ) -> String? {
        let configuration = audit.configuration
        let history = analysis.history
        guard let inventory, let map = order.map, !data.spans.isEmpty else {
            checkWeights(&data, history)
            return "no data is known to have fed the finding"
        }
        addVocabularyEvidence(&data, map, inventory)
        let damaged = stage.damagedTokensByShard()
        let step = worstStep(data, history, damaged)
        suspectStep = suspectStep ?? step
        guard let checkpoints = configuration.model.checkpoints else {
            if replays.isEmpty { notChecked.append("No batch was replayed: `model.checkpoints` is not set.") }
            return "`model.checkpoints` is not set"
        }
        let controls = ControlSteps.choose(event: data.event, analysis: analysis, map: map, damaged: damaged)
        // What the optimizer makes of a rate can be told only where the log has rates, and not shares of them.
        let rate = history.learningRateIsMultiplier ? nil : history.learningRate.merged().value(atStep: step)
        let replayStage = ReplayStage(
            map: map,
            folder: inventory.folder,
            overrides: ReplayStage.overrides(configuration),
            checkpoints: .folder(configuration.resolve(checkpoints)),
            options: .init(
                tokenBudget: audit.options.tokenBudget,
                threads: audit.options.workers,
                learningRate: rate
            )
        )
        progress.begin("replaying step \(step) beside \(controls.count) control batches", total: nil)
        defer { progress.end() }
        do {
            let replay = try replayStage.replay(
                step: step,
                controlSteps: controls,
                pristine: copies.paths,
                former: inventory.formerFiles,
                damagedTokens: damaged,
                loggedLoss: history.lossScope == .step ? history.train.merged().value(atStep: step) : nil
            )
            add(replay, to: &data)
            if let precision = contrastPrecision(data.event), replay.result.suspect.firstNonFinite == nil {
                var emulated = replayStage
                emulated.options.precision = precision
                let again = try emulated.replay(
                    step: step,
                    controlSteps: [],
                    former: inventory.formerFiles,
                    damagedTokens: damaged
                )
                add(again, to: &data)
            }
            return nil
        } catch {
            notChecked.append("Step \(step) was not replayed: \(error)")
            return "\(error)"
        }
    }

    /// Without a map nothing can be replayed, but a checkpoint with broken weights explains a loss that is not finite.
    private mutating func checkWeights(_ data: inout EventData, _ history: TrainingHistory) {
        guard let path = audit.configuration.model.checkpoints.map(audit.configuration.resolve),
            let broken = data.event.symptoms.first(where: { $0.kind == .lossNonFinite })
        else { return }
        do throws(ReplayError) {
            let folder = try CheckpointFolder.scan(path)
            guard let nearest = folder.nearest(atOrBelow: broken.firstStep.subtractingStep(history.stepBase)) else {
                return
            }
            // Several files may hold the same step: a backup beside the one that was damaged.
            for file in folder.files.filter({ $0.updatesDone == nearest.updatesDone }).prefix(4) {
                let overrides = ReplayStage.overrides(audit.configuration)
                let checkpoint = try Checkpoint.read(path: file.path, overrides: overrides)
                guard let parameter = checkpoint.nonFiniteParameters().first else { continue }
                data.evidence.append(
                    .nonFiniteWeights(
                        checkpoint: file.name,
                        checkpointStep: file.updatesDone + history.stepBase - 1,
                        parameter: parameter.name,
                        count: parameter.count
                    )
                )
                return
            }
        } catch {
            notChecked.append("Checkpoints were not searched for broken weights: \(error)")
        }
    }

    /// The run's own arithmetic, where a batch that fp32 replays without trouble should be replayed in it too: the
    /// fingerprint of an overflow is that fp32 does not show it.
    private func contrastPrecision(_ event: Event) -> Precision? {
        let isNumeric = event.symptoms.contains { [.lossNonFinite, .lossScaleCollapse].contains($0.kind) }
        guard isNumeric, let precision = training.precision, precision != .fp32 else { return nil }
        return Precision(rawValue: precision.rawValue)
    }

    private mutating func add(_ replay: StepReplay, to data: inout EventData) {
        replays.append((DocumentBuilder.id(of: data.event), replay))
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
            data.evidence.append(
                .nonFiniteActivation(
                    layer: origin.layer,
                    operation: origin.operation.rawValue,
                    produced: origin.producer,
                    precision: replay.precision.rawValue
                )
            )
        }
    }

    /// The step to replay: of the suspects, the first whose loss is not finite, else the one with the highest loss; where
    /// shards are damaged, only steps that read the damage come into question.
    private func worstStep(
        _ data: EventData,
        _ history: TrainingHistory,
        _ damaged: [String: [Range<Int>]]
    ) -> Int {
        let traced = Set(data.spans.map(\.step))
        let touched = Set(
            data.spans.filter { _, span in
                (damaged[span.name] ?? []).contains { $0.overlaps(span.tokens) }
            }.map(\.step)
        )
        let candidates = data.suspectSteps.filter { touched.isEmpty ? traced.contains($0) : touched.contains($0) }
        let curve = history.train.merged()
        let losses = candidates.map { ($0, curve.value(atStep: $0) ?? -.infinity) }
        if let broken = losses.first(where: { $0.1.isNaN || $0.1 == .infinity }) { return broken.0 }
        return losses.max { ($0.1, -$0.0) < ($1.1, -$1.0) }?.0 ?? data.event.firstStep
    }

    /// Tokens outside the vocabulary in the fed spans, where a vocabulary is known.
    private func addVocabularyEvidence(_ data: inout EventData, _ map: DataMap, _ inventory: ShardInventory) {
        guard let vocabulary = training.vocabulary ?? history?.hyperparameters.vocabulary else { return }
        var counts: [String: Int] = [:]
        for (_, span) in data.spans where span.unit == .tokens {
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
