import DataOrder
import Diagnosis
import Foundation
import Replay
import Reporting
import Shards
import TrainingLogs

/// Brings the stages' results together: events with their data, replays and ranked causes, then damage nobody saw.
struct AuditAssembly {
    let audit: Audit
    let inventory: ShardInventory?
    let history: TrainingHistory?
    let order: OrderOutcome
    let copies: PristineCopies
    let training: TrainingConfiguration
    let commands: CommandText
    let builder: DocumentBuilder

    private var findings: [FindingDocument] = []
    private var replays: [(finding: String, replay: StepReplay)] = []
    private var notChecked: [String] = []
    private var explainedShards: Set<String> = []
    private var leadEvidence: (event: EventData, hypotheses: [Hypothesis])?
    private var suspectStep: Int?

    /// Spans that a finding lists; the rest is in the trace command.
    private static let spanLimit = 256

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
        self.commands = commands
        builder = DocumentBuilder(guide: audit.configuration.report.guide, commands: commands)
        training = Self.training(audit.configuration, order, history)
    }

    /// The configuration, and from log and shards what it leaves out.
    private static func training(
        _ configuration: AuditConfiguration,
        _ order: OrderOutcome,
        _ history: TrainingHistory?
    ) -> TrainingConfiguration {
        var training = configuration.training
        training.parameters = history?.hyperparameters.parameters
        training.trainTokens = history?.hyperparameters.trainTokens
        if let map = order.map {
            training.tokensPerStep = map.loader.geometry.tokensPerStep
            training.trainTokens = map.loader.shards.reduce(0) { $0 + $1.tokens }
        }
        return training
    }

    // MARK: Events

    /// Traces, replays and ranks every event, gravest first.
    mutating func examineEvents(progress: any ProgressReporter) throws {
        if let reason = order.reason, inventory != nil {
            notChecked.append("Steps were not traced to shards: \(reason).")
        }
        for (name, problem) in copies.problems.sorted(by: { $0.key < $1.key }) {
            notChecked.append("No pristine copy of \(name): \(problem)")
        }
        guard let history else {
            notChecked.append("No log was given, so no symptoms were looked for.")
            return
        }
        let events = Diagnosis.events(from: Diagnosis.symptoms(in: history, configuration: training))
        let stage = EvidenceStage(inventory: inventory, order: order, copies: copies, history: history)
        for (index, event) in events.enumerated() {
            try Task.checkCancellation()
            var data = stage.gather(event)
            if event.severity >= .warning, index < audit.options.replayedEvents {
                replay(&data, stage, history, progress)
            }
            let hypotheses = Diagnosis.rank(
                event: event,
                history: history,
                configuration: training,
                evidence: data.evidence
            )
            for case .shardDamaged(let damage) in data.evidence where damage.overlappingSteps > 0 {
                explainedShards.insert(damage.shard)
            }
            let spans = data.spans.prefix(Self.spanLimit).map { DocumentBuilder.span($0.span, step: $0.step) }
            findings.append(builder.finding(event, spans: Array(spans), hypotheses: hypotheses))
            if leadEvidence == nil, event.severity >= .warning { leadEvidence = (data, hypotheses) }
        }
    }

    /// Replays the worst suspect step of an event and adds what it shows to the evidence.
    private mutating func replay(
        _ data: inout EventData,
        _ stage: EvidenceStage,
        _ history: TrainingHistory,
        _ progress: any ProgressReporter
    ) {
        let configuration = audit.configuration
        guard let inventory, let map = order.map, !data.spans.isEmpty else {
            checkWeights(&data, history)
            return
        }
        addVocabularyEvidence(&data, map, inventory)
        let damaged = stage.damagedTokensByShard()
        let step = worstStep(data, history, damaged)
        suspectStep = suspectStep ?? step
        guard let checkpoints = configuration.model.checkpoints else {
            if replays.isEmpty { notChecked.append("No batch was replayed: `model.checkpoints` is not set.") }
            return
        }
        let controls = controlSteps(data.event, history, map, damaged)
        let replayStage = ReplayStage(
            map: map,
            folder: inventory.folder,
            overrides: ReplayStage.overrides(configuration),
            checkpoints: .folder(configuration.resolve(checkpoints)),
            options: .init(tokenBudget: audit.options.tokenBudget, threads: audit.options.workers)
        )
        progress.begin("replaying step \(step) beside \(controls.count) control batches", total: nil)
        defer { progress.end() }
        do {
            let replay = try replayStage.replay(
                step: step,
                controlSteps: controls,
                pristine: copies.paths,
                damagedTokens: damaged,
                loggedLoss: history.lossScope == .step ? history.train.merged().value(atStep: step) : nil
            )
            add(replay, to: &data)
            if let precision = contrastPrecision(data.event), replay.result.suspect.firstNonFinite == nil {
                var emulated = replayStage
                emulated.options.precision = precision
                add(try emulated.replay(step: step, controlSteps: [], damagedTokens: damaged), to: &data)
            }
        } catch {
            notChecked.append("Step \(step) was not replayed: \(error)")
        }
    }

    /// Without a map nothing can be replayed, but a checkpoint with broken weights explains a loss that is not finite.
    private mutating func checkWeights(_ data: inout EventData, _ history: TrainingHistory) {
        guard let path = audit.configuration.model.checkpoints.map(audit.configuration.resolve),
            let broken = data.event.symptoms.first(where: { $0.kind == .lossNonFinite })
        else { return }
        do throws(ReplayError) {
            let folder = try CheckpointFolder.scan(path)
            guard let nearest = folder.nearest(atOrBelow: broken.firstStep - history.stepBase) else { return }
            // Several files may hold the same step: a backup beside the one that was damaged.
            for file in folder.files.filter({ $0.updatesDone == nearest.updatesDone }).prefix(4) {
                let overrides = ReplayStage.overrides(audit.configuration)
                let checkpoint = try Checkpoint.read(path: file.path, overrides: overrides)
                guard let parameter = checkpoint.nonFiniteParameters().first else { continue }
                data.evidence.append(
                    .nonFiniteWeights(
                        checkpoint: URL(fileURLWithPath: file.path).lastPathComponent,
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
                    operation: origin.operation,
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

    /// Healthy steps near the event that read no damaged bytes.
    private func controlSteps(
        _ event: Event,
        _ history: TrainingHistory,
        _ map: DataMap,
        _ damaged: [String: [Range<Int>]]
    ) -> [Int] {
        let steps = Diagnosis.controlSteps(of: event, history: history, count: 16).filter { step in
            guard let batches = try? map.microBatches(step: step) else { return false }
            return !batches.flatMap(\.spans).contains { span in
                (damaged[span.name] ?? []).contains { $0.overlaps(span.tokens) }
            }
        }
        return Array(steps.suffix(8))
    }

    /// Tokens outside the vocabulary in the fed spans, where a vocabulary is known.
    private func addVocabularyEvidence(_ data: inout EventData, _ map: DataMap, _ inventory: ShardInventory) {
        guard let vocabulary = training.vocabulary ?? history?.hyperparameters.vocabulary else { return }
        var counts: [String: Int] = [:]
        for (_, span) in data.spans {
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

    // MARK: Damage without a symptom

    /// A damaged shard that no symptom shows is a finding too.
    mutating func addUnseenDamage() {
        guard let inventory else { return }
        let stage = history.map {
            EvidenceStage(inventory: inventory, order: order, copies: copies, history: $0)
        }
        for shard in inventory.damaged where !explainedShards.contains(shard.name) {
            findings.append(unseenFinding(shard, stage))
        }
        findings = findings.enumerated().sorted { left, right in
            let ranks = (rank(left.element.severity), rank(right.element.severity))
            return ranks.0 != ranks.1 ? ranks.0 > ranks.1 : left.offset < right.offset
        }.map(\.element)
    }

    private func rank(_ severity: String) -> Int {
        Severity(rawValue: severity).flatMap { Severity.allCases.firstIndex(of: $0) } ?? 0
    }

    private func unseenFinding(_ shard: ShardVerification, _ stage: EvidenceStage?) -> FindingDocument {
        let ranges = stage?.damagedBytes(shard) ?? shard.damagedRanges
        var steps: [Range<Int>] = []
        var spans: [SpanDocument] = []
        if let map = order.map, let stage, let layout = map.loader.shards.first(where: { $0.name == shard.name }) {
            for tokens in stage.damagedTokens(shard) {
                steps += (try? map.steps(reading: tokens, ofShard: shard.name)) ?? []
                spans.append(
                    SpanDocument(
                        shard: shard.name,
                        rank: 0,
                        microStep: 0,
                        tokens: [tokens.lowerBound, tokens.upperBound],
                        bytes: [layout.bytes(of: tokens).lowerBound, layout.bytes(of: tokens).upperBound],
                        confidence: MappingConfidence.exact.rawValue
                    )
                )
            }
        }
        let reads =
            steps.isEmpty
            ? "No step of the log could be shown to have read the damage."
            : "Steps \(StepText.list(steps)) read the damaged bytes; the loss does not show it."
        let repair = "`" + commands.fill("trainaudit verify MANIFEST --repair") + "`"
        let hypothesis = HypothesisDocument(
            cause: CauseKind.corruptShard.rawValue,
            confidence: 0.99,
            symptoms: [],
            evidenceFor: ["\(shard.name): \(shard.detail).", reads],
            evidenceAgainst: [],
            nextTest: "Compare the shard with its source: \(repair) keeps the damaged file in quarantine.",
            fix: "Replace the shard: \(repair)",
            guide: builder.link(GuidePage.path(id: CauseKind.corruptShard.rawValue))
        )
        return FindingDocument(
            id: "damaged-shard-\(shard.name)",
            title: "Shard \(shard.name) is damaged (\(shard.status.rawValue))"
                + (ranges.isEmpty ? "" : ", \(ByteText.ranges(ranges))"),
            severity: Severity.failure.rawValue,
            firstStep: steps.map(\.lowerBound).min(),
            lastStep: steps.map { $0.upperBound - 1 }.max(),
            spans: Array(spans.prefix(Self.spanLimit)),
            hypotheses: [hypothesis]
        )
    }

    // MARK: Document

    func document() -> AuditDocument {
        let isAnomalous = findings.contains { rank($0.severity) >= rank(Severity.warning.rawValue) }
        let shards = (inventory?.verifications ?? []).map { shard in
            builder.shard(shard, damaged: copies.differences[shard.name])
        }
        let boundaries = order.map?.boundaries() ?? []
        let lastStep = history?.train.steps.max() ?? 0
        return AuditDocument(
            run: audit.configuration.run,
            verdict: isAnomalous ? "anomalous" : "healthy",
            headline: headline(isAnomalous),
            history: history.map(builder.history),
            shards: shards,
            findings: findings,
            replays: replays.map { builder.replay($0.replay, finding: $0.finding) },
            assumptions: order.assumptions,
            notChecked: notChecked,
            reproduce: reproduce(),
            shardBoundaries: boundaries.count > 4000
                ? []
                : boundaries.filter { $0.step <= lastStep }.map {
                    ShardBoundaryDocument(step: $0.step, shard: $0.shard)
                }
        )
    }

    private func reproduce() -> [String] {
        var result: [String] = []
        if let verify = commands.verify { result.append(verify) }
        if !commands.logs.isEmpty { result.append("trainaudit diagnose " + commands.logs.joined(separator: " ")) }
        let step = suspectStep ?? leadEvidence?.event.suspectSteps.first
        if let step, order.map != nil { result.append(commands.fill("trainaudit trace --step \(step)")) }
        if let step = replays.first?.replay.step { result.append(commands.fill("trainaudit replay --step \(step)")) }
        result.append("trainaudit audit --config \(commands.configuration)")
        return result
    }

    private func headline(_ isAnomalous: Bool) -> String {
        let damaged = inventory?.damaged ?? []
        guard isAnomalous else {
            let points = history.map { "\($0.train.count) records of the log" } ?? "no log"
            let shards = inventory.map { "\($0.verifications.count) shards" } ?? "no shards"
            return "No sign of trouble in \(points) and \(shards)."
        }
        guard let lead = leadEvidence, let symptom = lead.event.event.symptoms.max(by: { $0.severity < $1.severity })
        else {
            return "\(damaged.count) of \(inventory?.manifest.entries.count ?? 0) shards are damaged: "
                + damaged.prefix(3).map(\.name).joined(separator: ", ") + (damaged.count > 3 ? ", …" : "") + "."
        }
        var parts = [symptom.summary.hasSuffix(".") ? String(symptom.summary.dropLast()) : symptom.summary]
        let cause = lead.hypotheses.first
        let damages = lead.event.evidence.compactMap { evidence -> ShardDamage? in
            if case .shardDamaged(let damage) = evidence, damage.overlappingSteps > 0 { damage } else { nil }
        }
        if cause?.cause == .corruptShard, let damage = damages.first {
            let where_ = damage.bytes.isEmpty ? "" : " (\(ByteText.ranges(damage.bytes)))"
            parts.append("fed by \(damage.shard), which fails its \(damage.level) check\(where_)")
        }
        if let replay = replays.first(where: { $0.replay.step == suspectStep })?.replay {
            parts.append(replayPart(replay))
        }
        if let cause {
            let title = Rules.head(id: cause.cause.rawValue)?.title ?? cause.cause.rawValue
            // Certainty is not ours to claim.
            let share = cause.confidence > 0.99 ? "> 99" : "\(Int((cause.confidence * 100).rounded()))"
            parts.append("cause: \(title.lowercasedFirst), \(share) %")
        }
        return parts.joined(separator: " · ")
    }

    private func replayPart(_ replay: StepReplay) -> String {
        func text(_ value: Double) -> String { String(format: "%.2f", locale: nil, value) }
        var part = "replayed at \(replay.checkpoint): loss \(text(replay.result.suspect.loss)) with these bytes"
        if let repaired = replay.result.repairedLoss { part += ", \(text(repaired)) with pristine ones" }
        if let mean = replay.result.controlMean {
            part += ", controls \(text(mean))" + (replay.result.controlDeviation.map { " ± \(text($0))" } ?? "")
        }
        return part
    }
}
