import Diagnosis
import Foundation
import Replay
import Reporting
import Shards
import Terms
import TrainingLogs

/// The document of an audit: its headline, what was not checked, and how to reproduce it.
extension AuditAssembly {
    func document() -> AuditDocument {
        let isAnomalous = findings.contains { rank($0.severity) >= rank(Severity.warning.rawValue) }
        let shards = (inventory?.verifications ?? []).map { shard in
            builder.shard(shard, damaged: copies.differences[shard.name])
        }
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
            shardBoundaries: shardBoundaries(through: lastStep),
            gradientClip: training.gradientClip.flatMap { $0 > 0 ? $0 : nil },
            checkpoints: training.facts.checkpoints.isEmpty ? nil : training.facts.checkpoints.map(checkpoint)
        )
    }

    /// Where the data moves to another shard, and where a pass over it begins; none when there are too many to be told apart.
    private func shardBoundaries(through lastStep: Int) -> [ShardBoundaryDocument] {
        guard let map = order.map else { return [] }
        var result = map.boundaries(through: lastStep).map { ShardBoundaryDocument(step: $0.step, shard: $0.shard) }
        guard !result.isEmpty, result.count <= 4000 else { return [] }
        for epoch in 2...200 {
            guard let start = map.steps(ofEpoch: epoch)?.lowerBound, start <= lastStep else { break }
            if let place = result.firstIndex(where: { $0.step == start }) {
                result[place].epoch = epoch
            } else if let place = result.lastIndex(where: { $0.step < start }) {
                let boundary = ShardBoundaryDocument(step: start, shard: result[place].shard, epoch: epoch)
                result.insert(boundary, at: place + 1)
            }
        }
        return result
    }

    private func checkpoint(_ facts: CheckpointFacts) -> CheckpointDocument {
        let wasRun = !facts.largestOperation.isEmpty
        return CheckpointDocument(
            name: facts.name,
            step: facts.step,
            weightNorms: facts.weightNorms.mapValues(JSONNumber.init),
            zeroShare: facts.zeroShare.isEmpty ? nil : facts.zeroShare.map(JSONNumber.init),
            attentionPeak: facts.attentionPeak.isEmpty ? nil : facts.attentionPeak.map(JSONNumber.init),
            largestActivation: wasRun ? JSONNumber(facts.largestActivation) : nil,
            largestOperation: wasRun ? facts.largestOperation : nil,
            layerGradients: facts.layerGradients.map { [JSONNumber($0.lowerBound), JSONNumber($0.upperBound)] }
        )
    }

    private func reproduce() -> [String] {
        var result: [String] = []
        if let verify = commands.verify { result.append(verify) }
        if !commands.logs.isEmpty {
            let diagnose = "trainaudit diagnose " + commands.logs.joined(separator: " ")
            // It knows neither shards nor checkpoints nor configuration, and may name another cause.
            result.append(diagnose + "  # by the log alone")
        }
        let step = suspectStep ?? leadEvidence?.event.suspectSteps.first
        let files = commands.logs.filter { $0 != "-" }
        if !files.isEmpty { result.append("trainaudit plot \(files.joined(separator: " ")) -o plots") }
        if let step, order.map != nil { result.append(commands.fill("trainaudit trace --step \(step)")) }
        if let step = replays.first?.replay.step { result.append(commands.fill("trainaudit replay --step \(step)")) }
        // What checkpoints show has no event whose step could be traced, but a replay that shows it again.
        for finding in findings where finding.id.hasPrefix("checkpoint-") {
            let tests = finding.hypotheses.map(\.nextTest) + finding.wouldSharpen
            let found = tests.flatMap { $0.matches(of: #/`(trainaudit [^`]+)`/#).map { String($0.1) } }
            result += found.filter { !result.contains($0) }
        }
        result.append("trainaudit audit --config \(commands.configuration)")
        return result
    }

    private func headline(_ isAnomalous: Bool) -> String {
        let damaged = inventory?.damaged ?? []
        guard isAnomalous else {
            if let history, let reason = Diagnosis.tooLittle(history) { return "Too little to judge: \(reason)." }
            let points = history.map { "\(NumberText.count($0.train.count, "record")) of the log" }
            let shards = inventory.map { NumberText.count($0.verifications.count, "shard") }
            return "No sign of trouble in \([points, shards].compactMap(\.self).joined(separator: " and "))."
        }
        let unseen = damaged.filter { !explainedShards.contains($0.name) }
        // Of another stage nothing was traced; where it is the gravest it leads all the same.
        if let other = findings.first, otherStages.contains(other.id), damaged.isEmpty,
            leadEvidence.map({ rank(other.severity) > rank($0.event.event.severity.rawValue) }) ?? true
        {
            let rest = leadEvidence.flatMap { $0.event.event.lead?.summary }.map {
                " · besides, \(part($0).lowercasedFirst)"
            }
            return part("\(other.title): \(other.lead?.summary ?? "")") + (rest ?? "")
        }
        guard let lead = leadEvidence, let symptom = lead.event.event.lead else {
            return damaged.isEmpty ? remarkHeadline() : damageHeadline(damaged) + "."
        }
        let summary = part(symptom.summary) + earlierTrouble(lead.event.event)
        // The gravest finding leads: damaged data before a curve that is merely worth a look.
        guard lead.event.event.severity == .failure || unseen.isEmpty else {
            return "\(damageHeadline(damaged)) · besides, \(summary.lowercasedFirst)"
        }
        var parts = [summary]
        let cause = Diagnosis.named(lead.hypotheses, evidence: lead.event.evidence)
        let damages = lead.event.evidence.compactMap { evidence -> ShardDamage? in
            if case .shardDamaged(let damage) = evidence, damage.overlappingSteps > 0 { damage } else { nil }
        }
        if cause?.cause == .corruptShard, let damage = damages.first {
            let where_ = damage.bytes.isEmpty ? "" : " (\(ByteText.ranges(damage.bytes)))"
            let fails =
                damage.isRepaired
                ? "which failed its \(damage.level) check until it was repaired"
                : "which fails its \(damage.level) check"
            parts.append("fed by \(damage.shard), \(fails)\(where_)")
        }
        if let replay = replays.first(where: { $0.replay.step == suspectStep })?.replay {
            parts.append(replayPart(replay))
        }
        if let cause {
            let title = Rules.head(id: cause.cause.rawValue)?.title ?? cause.cause.rawValue
            parts.append("cause: \(title.lowercasedFirst), \(NumberText.percent(cause.confidence))")
        } else {
            parts.append("no cause stands out" + wouldTell(lead.event))
        }
        let others = unseen.count
        if others > 0 {
            parts.append(
                "besides, \(others) shard\(others == 1 ? " is" : "s are") damaged without a failure laid to \(others == 1 ? "it" : "them")"
            )
        }
        return parts.joined(separator: " · ")
    }

    /// A sentence as a part of a headline: the dot divides the parts, and a text from a log must not make one.
    private func part(_ sentence: String) -> String {
        let told = sentence.replacing(" · ", with: " - ")
        return told.hasSuffix(".") ? String(told.dropLast()) : told
    }

    /// The jump or climb of loss or norm that a loss lost for good came out of: where to go back to.
    private func earlierTrouble(_ event: Event) -> String {
        let ends: Set<SymptomKind> = [.lossNonFinite, .lossDivergence, .lossCollapse]
        let beginnings: Set<SymptomKind> = [.lossSpike, .lossStepUp, .slowRise, .lossDivergence, .gradientExplosion]
        guard let lead = event.lead, ends.contains(lead.kind),
            let first = event.symptoms.first(where: { symptom in
                symptom.severity > .info && beginnings.contains(symptom.kind) && symptom.measurements["recovered"] != 1
            }), first.firstStep < lead.firstStep.subtractingStep(EventGrouping.near)
        else { return "" }
        let title = Rules.head(id: first.kind.rawValue)?.title ?? first.kind.rawValue
        return "; before it, from step \(first.firstStep) on: \(title.lowercasedFirst)"
    }

    private func damageHeadline(_ damaged: [ShardVerification]) -> String {
        let all = NumberText.grouped(max(inventory?.manifest.entries.count ?? 0, damaged.count))
        let state = damaged.allSatisfy { $0.status == .missing } ? "missing" : "damaged"
        return "\(NumberText.grouped(damaged.count)) of \(all) shards \(damaged.count == 1 ? "is" : "are") \(state): "
            + damaged.prefix(3).map(\.name).joined(separator: ", ") + (damaged.count > 3 ? ", …" : "")
    }

    /// A finding without an event: what configuration or checkpoints show.
    private func remarkHeadline() -> String {
        guard let gravest = findings.max(by: { rank($0.severity) < rank($1.severity) }) else { return "Anomalous." }
        // `max` gives the last of equals; the report lists the first of them first.
        let finding = findings.first { $0.severity == gravest.severity } ?? gravest
        guard let cause = CauseWording(finding.hypotheses).named else {
            return ([finding.title] + finding.story.prefix(1)).joined(separator: ": ")
        }
        let title = Rules.head(id: cause.cause)?.title ?? cause.cause
        return "\(finding.title) · cause: \(title.lowercasedFirst), \(NumberText.percent(cause.confidence))"
    }

    /// "; what would tell: …", the first thing that is missing, without its reason.
    private func wouldTell(_ data: EventData) -> String {
        guard let analysis else { return "" }
        let missing = Diagnosis.wouldSharpen(data.event, in: analysis, evidence: data.evidence)
        guard let first = missing.first?.components(separatedBy: ": ").first else { return "" }
        return "; what would tell: " + commands.fill(first)
    }

    private func replayPart(_ replay: StepReplay) -> String {
        let text = NumberText.loss
        var part = "replayed at \(replay.checkpoint): loss \(text(replay.result.suspect.loss)) with these bytes"
        if let repaired = replay.result.repairedLoss { part += ", \(text(repaired)) with pristine ones" }
        if let mean = replay.result.controlMean {
            part += ", controls \(text(mean))" + (replay.result.controlDeviation.map { " ± \(text($0))" } ?? "")
            if let z = replay.result.zScore, abs(z) < 2.5, replay.result.suspect.firstNonFinite == nil {
                part += ": an ordinary batch"
            }
        }
        return part
    }
}
