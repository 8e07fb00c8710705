import Diagnosis
import Replay
import Reporting
import Shards
import Terms
import TrainingLogs

/// Chooses what a report says first.
struct HeadlineChoice {
    let verdict: Verdict
    let run: LoadedRun
    let ranked: Ranked

    /// The parts of the headline.
    var headline: Headline { Headline(parts) }

    private var damaged: [ShardVerification] { run.inventory?.damaged ?? [] }

    private var parts: [Headline.Part] {
        switch verdict {
        case .healthy:
            return [.sound(records: run.history?.train.count, shards: run.inventory?.verifications.count)]
        case .undetermined(let doubt): return [.undetermined(doubt)]
        case .anomalous: break
        }
        let unseen = damaged.filter { !ranked.explainedShards.contains($0.name) }
        // Nothing was traced for another run; where it is the gravest it leads all the same.
        if let other = ranked.findings.first, other.run != nil, damaged.isEmpty,
            ranked.lead.map({ other.severity > $0.finding.severity }) ?? true
        {
            let rest = ranked.lead?.finding.lead.map { Headline.Part.alsoSeen($0.summary) }
            return [.finding(other.title, seen: other.lead?.summary)] + [rest].compactMap { $0 }
        }
        guard let lead = ranked.lead, let symptom = lead.finding.lead else {
            return damaged.isEmpty ? remark : [damage]
        }
        // The gravest finding leads: damaged data before a curve that is merely worth a look.
        guard lead.finding.severity == .failure || unseen.isEmpty else { return [damage, .alsoSeen(symptom.summary)] }
        return story(of: lead.data, lead.finding, symptom)
            + (unseen.isEmpty ? [] : [.alsoDamaged(unseen.count)])
    }

    private func story(of data: EventData, _ finding: Finding, _ symptom: Symptom) -> [Headline.Part] {
        var parts: [Headline.Part] = [.seen(symptom.summary)]
        if let earlier = earlierTrouble(data.event) { parts.append(earlier) }
        let damage = data.evidence.lazy.compactMap { evidence -> ShardDamage? in
            if case .shardDamaged(let damage) = evidence, damage.overlappingSteps > 0 { damage } else { nil }
        }.first
        if finding.cause?.cause == .corruptShard, let damage { parts.append(.fedBy(damage)) }
        if let replay = data.replays.first { parts.append(.replayed(numbers(of: replay))) }
        if let cause = finding.cause {
            parts.append(.cause(cause.cause, cause.confidence))
        } else {
            parts.append(.noCause(finding.missing.first))
        }
        return parts
    }

    /// The jump or climb of loss or norm that a loss lost for good came out of: where to go back to.
    private func earlierTrouble(_ event: Event) -> Headline.Part? {
        guard let lead = event.lead, lead.kind.traits.contains(.ruin),
            let first = event.symptoms.first(where: { symptom in
                symptom.severity > .info && symptom.kind.traits.contains(.rise) && !symptom.isOver
            }), first.firstStep < lead.firstStep.subtractingStep(EventGrouping.near)
        else { return nil }
        return .precededBy(first.kind, step: first.firstStep)
    }

    private var damage: Headline.Part {
        .damage(
            damaged.count,
            of: max(run.inventory?.manifest.entries.count ?? 0, damaged.count),
            names: damaged.prefix(3).map(\.name),
            areMissing: damaged.allSatisfy { $0.status == .missing }
        )
    }

    /// A finding without an event: what configuration or checkpoints show.
    private var remark: [Headline.Part] {
        guard let finding = ranked.findings.first else { return [] }
        guard let cause = finding.cause else { return [.finding(finding.title, seen: finding.story.first)] }
        return [.finding(finding.title, seen: nil), .cause(cause.cause, cause.confidence)]
    }

    private func numbers(of replay: StepReplay) -> Headline.Replay {
        let result = replay.result
        let isOrdinary = result.controlMean != nil && result.suspect.firstNonFinite == nil
        return Headline.Replay(
            checkpoint: replay.checkpoint,
            loss: result.suspect.loss,
            repairedLoss: result.repairedLoss,
            controlMean: result.controlMean,
            controlDeviation: result.controlDeviation,
            isOrdinary: isOrdinary && (result.zScore.map { abs($0) < 2.5 } ?? false)
        )
    }
}
