import DataOrder
import Diagnosis
import Shards
import Terms
import TrainingLogs

/// What was found out about one event.
struct EventData: Sendable {
    /// The event.
    var event: Event
    /// The steps under suspicion, in the numbering of the log.
    var suspectSteps: [Int] = []
    /// The data that fed them.
    var spans: [TracedSpan] = []
    /// Facts for the ranking.
    var evidence: [Evidence] = []
    /// Replays of its worst step.
    var replays: [StepReplay] = []
    /// The step that a replay is worth, where data is known to have fed the event.
    var worstStep: Int?
    /// Why its worst step was not replayed; `nil` where it was.
    var omission: ReplayOmission?
    /// The damaged shard whose steps it is, where no event shows them.
    var shard: String?
}

/// Traces events to the data that fed them, and gathers what shards say about that data.
struct TraceStage {
    private let run: LoadedRun
    private let damage: DamageMap?
    private let mixture: Mixture?
    private let history: TrainingHistory

    /// Events whose tokens are compared with those before.
    private static let compared = 8

    /// Steps of one shard's damage that come under suspicion in an event, at most.
    private static let knownSuspects = 24

    /// Traces all events, gravest first, and the damaged steps that no event shows.
    static func run(
        _ run: LoadedRun,
        _ seen: Seen,
        _ effects: Effects,
        damage: DamageMap?,
        mixture: Mixture?
    ) throws -> (events: [EventData], probes: [EventData]) {
        guard let analysis = seen.analysis else { return ([], []) }
        let stage = TraceStage(run: run, damage: damage, mixture: mixture, history: analysis.history)
        let known = seen.events.indices.map { index in
            Set((effects.joined[index] ?? []).flatMap { $0.suspects(in: analysis.history, atMost: knownSuspects) })
        }
        let suspects = seen.events.enumerated().map { index, event in
            let found = analysis.suspectSteps(of: event).filter { !known[index].contains($0) }
            return (known[index] + found.prefix(max(0, SuspectSteps.most - known[index].count))).sorted()
        }
        let allSuspects = Set(suspects.joined())
        let events = try seen.events.enumerated().map { index, event in
            try Task.checkCancellation()
            var data = stage.gather(event, suspects: suspects[index], allSuspects: allSuspects, known: known[index])
            data.evidence += stage.effects(effects, of: event, joined: effects.joined[index] ?? [], data)
            if event.severity >= .warning, index < compared, let shift = stage.contentShift(data) {
                data.evidence.append(.contentShift(shift))
            }
            return data
        }
        let probes = effects.apart.filter(\.isProved).compactMap { found -> EventData? in
            let steps = found.suspects(in: analysis.history, atMost: knownSuspects)
            guard let first = steps.first, let last = steps.last else { return nil }
            // An event that is not reported: by its steps controls are chosen.
            let probe = Symptom(kind: .lossSpike, firstStep: first, lastStep: last, severity: .info, summary: "")
            var data = stage.gather(
                Event(symptoms: [probe]),
                suspects: steps,
                allSuspects: allSuspects,
                known: Set(steps)
            )
            data.shard = found.shard
            data.evidence += [found.effect].compactMap { $0 }.map(Evidence.stepEffect)
            return data
        }
        return (events, probes)
    }

    /// What known steps do to the curve, where the event is one of them or shows what they do.
    private func effects(
        _ effects: Effects,
        of event: Event,
        joined: [ShardEffect],
        _ data: EventData
    ) -> [Evidence] {
        // Damage that the event read and that shows nothing speaks too.
        let read = effects.apart.filter { found in
            data.suspectSteps.contains { step in found.steps.contains { $0.contains(step) } }
        }
        let shards = (joined + read).compactMap(\.effect)
        let places = event.severity > .info ? effects.others : []
        return (shards + places).map(Evidence.stepEffect)
    }

    /// Whether the tokens change where the loss does.
    private func contentShift(_ data: EventData) -> ContentShift? {
        guard let map = run.order.map, let inventory = run.inventory, !data.spans.isEmpty,
            data.spans.allSatisfy({ $0.span.confidence == .exact })
        else { return nil }
        return ContentStatistics(map: map, folder: inventory.folder).shift(
            at: data.suspectSteps,
            onset: data.event.firstStep,
            lastStep: history.train.steps.max() ?? 0
        )
    }

    /// Traces an event and gathers what shards say about its data.
    /// - Parameters:
    ///   - event: The event.
    ///   - suspects: Its steps under suspicion.
    ///   - allSuspects: Those of all events.
    ///   - known: Those that read damage whose effect the event is.
    private func gather(_ event: Event, suspects: [Int], allSuspects: Set<Int>, known: Set<Int> = []) -> EventData {
        var data = EventData(event: event)
        data.suspectSteps = suspects
        guard let damage else { return data }
        guard let map = run.order.map else {
            data.evidence.append(.untraced(reason: run.order.reason ?? "unknown"))
            data.evidence += untracedDamage(damage)
            return data
        }
        // What came after an event cannot have fed it; a run that died may have died in a step it did not print.
        let last = max(event.lastStep, known.max() ?? event.lastStep)
        for step in data.suspectSteps where step <= last {
            guard let batches = try? map.microBatches(step: step) else { continue }
            data.spans += batches.flatMap(\.spans).map { TracedSpan(step: step, span: $0) }
        }
        guard !data.spans.isEmpty else { return data }
        let fed = Set(data.spans.map(\.span.name))
        // A shard that the last words of the run name was read, whatever the arithmetic says.
        let death = event.symptoms.contains { $0.kind == .runAborted } ? run.history?.death?.ending : nil
        let damaged = damage.inventory.everDamaged.filter { fed.contains($0.name) || death?.names($0.name) == true }
        for shard in damaged { data.evidence.append(.shardDamaged(facts(of: shard, damage, data, map))) }
        if damaged.isEmpty {
            let verified = damage.inventory.verifications.filter { fed.contains($0.name) }
            let level = Set(verified.map(\.name)) == fed ? verified.map(\.level).min() ?? .none : .none
            data.evidence.append(.shardsIntact(shards: fed.sorted(), level: level))
            // One is enough to ask for digests; several are no more proof.
            if let found = verified.lazy.compactMap({ suspicion($0, data) }).first { data.evidence.append(found) }
        }
        if let boundary = boundary(data, map, allSuspects) { data.evidence.append(boundary) }
        if let found = mixture?.evidence(event.firstStep...max(event.firstStep, last), allSuspects) {
            data.evidence.append(found)
        }
        return data
    }

    /// Content of an unproved shard that is unlike the rest, where the event read it.
    private func suspicion(_ shard: ShardVerification, _ data: EventData) -> Evidence? {
        guard shard.status == .unproved else { return nil }
        for defect in shard.defects {
            guard [.entropyOutlier, .repeatedBlock, .oddByteShift].contains(defect.kind), let tokens = defect.tokens
            else { continue }
            let steps = Set(
                data.spans.filter { $0.span.name == shard.name && $0.span.tokens.overlaps(tokens) }.compactMap(\.step)
            )
            if !steps.isEmpty {
                return .contentSuspicious(
                    shard: shard.name,
                    detail: defect.detail,
                    overlappingSteps: steps.count,
                    suspectSteps: Set(data.spans.compactMap(\.step)).count
                )
            }
        }
        return nil
    }

    private func facts(
        of shard: ShardVerification,
        _ damage: DamageMap,
        _ data: EventData,
        _ map: DataMap
    ) -> ShardDamage {
        let tokens = damage.tokens(shard)
        let affected = tokens.compactMap { try? map.steps(reading: $0, ofShard: shard.name) }.flatMap { $0 }
        let overlapping = data.suspectSteps.filter { step in affected.contains { $0.contains(step) } }
        // Of several passes over the shard, the one around the event.
        let near = affected.filter { range in
            range.lowerBound.distanceWithin(200, of: data.event.lastStep)
                || range.upperBound.distanceWithin(200, of: data.event.firstStep)
                || (range.lowerBound <= data.event.lastStep && data.event.firstStep < range.upperBound)
        }
        let shown = near.isEmpty ? affected : near
        let first = shown.map(\.lowerBound).min()
        let end = shown.map(\.upperBound).max()
        var steps: ClosedRange<Int>?
        if let first, let end, end > first { steps = first...end - 1 }
        let fed = data.spans.map(\.span).filter { span in
            span.name == shard.name && tokens.contains { $0.overlaps(span.tokens) }
        }
        let isTokens = fed.allSatisfy { $0.unit == .tokens }
        let damagedTokens = fed.reduce(0) { sum, entry in
            sum + tokens.reduce(0) { $0 + $1.clamped(to: entry.tokens).count }
        }
        return ShardDamage(
            shard: shard.name,
            status: shard.status,
            level: shard.level,
            detail: shard.detail,
            bytes: damage.bytes(shard),
            affectedSteps: steps,
            overlappingSteps: overlapping.count,
            suspectSteps: data.suspectSteps.count,
            mapping: Self.confidence(of: data.spans.map(\.span)),
            // A failed piece tells where, not how much.
            damagedTokens: damage.copies.differences[shard.name] == nil || !isTokens ? nil : damagedTokens,
            tokensPerStep: map.loader.geometry.tokensPerStep,
            affectedStepRanges: shown.sorted { $0.lowerBound < $1.lowerBound }.filter { !$0.isEmpty }.map {
                $0.lowerBound...$0.upperBound - 1
            },
            isRepaired: damage.inventory.repaired.contains { $0.name == shard.name }
        )
    }

    /// The least sure of some spans.
    private static func confidence(of spans: [DataSpan]) -> MappingConfidence {
        if spans.contains(where: { $0.confidence == .unknown }) { return .unknown }
        return spans.contains { $0.confidence == .interval } ? .interval : .exact
    }

    /// Damaged shards of a run whose steps cannot be mapped: facts, without a link to the event.
    private func untracedDamage(_ damage: DamageMap) -> [Evidence] {
        damage.inventory.everDamaged.map { shard in
            .shardDamaged(
                ShardDamage(
                    shard: shard.name,
                    status: shard.status,
                    level: shard.level,
                    detail: shard.detail,
                    bytes: damage.bytes(shard),
                    suspectSteps: 0,
                    mapping: .unknown,
                    isRepaired: damage.inventory.repaired.contains { $0.name == shard.name }
                )
            )
        }
    }

    private func boundary(_ data: EventData, _ map: DataMap, _ allSuspects: Set<Int>) -> Evidence? {
        guard let first = data.suspectSteps.first else { return nil }
        let steps = Array(Set(map.boundaries(through: history.train.steps.max() ?? 0).map(\.step))).sorted().filter {
            $0 > map.stepBase
        }
        guard let nearest = steps.map({ abs($0 - first) }).min() else { return nil }
        let quiet = QuietBoundaries.count(steps, suspects: allSuspects)
        return .shardBoundary(distance: nearest, boundaries: steps.count, quietBoundaries: quiet)
    }
}

extension Int {
    /// Whether two steps are at most so far apart; steps of a log may be any number.
    fileprivate func distanceWithin(_ limit: Int, of other: Int) -> Bool {
        let (distance, overflow) = subtractingReportingOverflow(other)
        return !overflow && distance.magnitude <= limit.magnitude
    }
}
