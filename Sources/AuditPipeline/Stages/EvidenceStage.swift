import DataOrder
import Diagnosis
import Shards
import Terms
import TrainingLogs

/// What was found out about the data of one event.
struct EventData: Sendable {
    /// The event.
    var event: Event
    /// The steps under suspicion, in the numbering of the log.
    var suspectSteps: [Int] = []
    /// The data that fed them, by step.
    var spans: [(step: Int, span: DataSpan)] = []
    /// Facts for the ranking.
    var evidence: [Evidence] = []
}

/// Turns integrity and data order into evidence about events.
struct EvidenceStage {
    let inventory: ShardInventory?
    let order: OrderOutcome
    let copies: PristineCopies
    let history: TrainingHistory

    /// Damaged byte ranges of a shard: exact where a pristine copy was compared, else the pieces that fail.
    func damagedBytes(_ shard: ShardVerification) -> [Range<Int>] {
        copies.differences[shard.name] ?? shard.damagedRanges
    }

    /// Damaged tokens of a shard.
    func damagedTokens(_ shard: ShardVerification) -> [Range<Int>] {
        guard let layout = order.map?.loader.shards.first(where: { $0.name == shard.name }) else { return [] }
        return damagedBytes(shard).map { layout.tokens(touching: $0) }.filter { !$0.isEmpty }
    }

    /// Damaged tokens of all shards, by name.
    func damagedTokensByShard() -> [String: [Range<Int>]] {
        var result: [String: [Range<Int>]] = [:]
        for shard in inventory?.everDamaged ?? [] { result[shard.name] = damagedTokens(shard) }
        return result
    }

    /// Traces an event and gathers what shards say about its data.
    /// - Parameters:
    ///   - event: The event.
    ///   - suspects: Its steps under suspicion.
    ///   - allSuspects: Those of all events.
    func gather(_ event: Event, suspects: [Int], allSuspects: Set<Int>) -> EventData {
        var data = EventData(event: event)
        data.suspectSteps = suspects
        guard let inventory else { return data }
        guard let map = order.map else {
            data.evidence.append(.untraced(reason: order.reason ?? "unknown"))
            data.evidence += untracedDamage(inventory)
            return data
        }
        // What came after an event cannot have fed it; a run that died may have died in a step it did not print.
        let last = event.lastStep
        for step in data.suspectSteps where step <= last {
            guard let batches = try? map.microBatches(step: step) else { continue }
            data.spans += batches.flatMap(\.spans).map { (step, $0) }
        }
        guard !data.spans.isEmpty else { return data }
        let fed = Set(data.spans.map(\.span.name))
        let damaged = inventory.everDamaged.filter { fed.contains($0.name) }
        for shard in damaged { data.evidence.append(.shardDamaged(damage(shard, data, map))) }
        if damaged.isEmpty {
            let verified = inventory.verifications.filter { fed.contains($0.name) }
            let level = Set(verified.map(\.name)) == fed ? verified.map(\.level).min() ?? .none : .none
            data.evidence.append(.shardsIntact(shards: fed.sorted(), level: level.rawValue))
            // One is enough to ask for digests; several are no more proof.
            if let found = verified.lazy.compactMap({ suspicion($0, data) }).first { data.evidence.append(found) }
        }
        if let boundary = boundary(data, map, allSuspects) { data.evidence.append(boundary) }
        return data
    }

    /// Content of an unproved shard that is unlike the rest, where the event read it.
    private func suspicion(_ shard: ShardVerification, _ data: EventData) -> Evidence? {
        guard shard.status == .unproved else { return nil }
        for defect in shard.defects {
            guard [.entropyOutlier, .repeatedBlock, .oddByteShift].contains(defect.kind), let tokens = defect.tokens
            else { continue }
            let steps = Set(
                data.spans.filter { $0.span.name == shard.name && $0.span.tokens.overlaps(tokens) }.map(\.step)
            )
            if !steps.isEmpty {
                return .contentSuspicious(
                    shard: shard.name,
                    detail: defect.detail,
                    overlappingSteps: steps.count,
                    suspectSteps: Set(data.spans.map(\.step)).count
                )
            }
        }
        return nil
    }

    private func damage(_ shard: ShardVerification, _ data: EventData, _ map: DataMap) -> ShardDamage {
        let tokens = damagedTokens(shard)
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
        let fed = data.spans.filter { _, span in
            span.name == shard.name && tokens.contains { $0.overlaps(span.tokens) }
        }
        let isTokens = fed.allSatisfy { $0.span.unit == .tokens }
        let damagedTokens = fed.reduce(0) { sum, entry in
            sum + tokens.reduce(0) { $0 + $1.clamped(to: entry.span.tokens).count }
        }
        return ShardDamage(
            shard: shard.name,
            status: shard.status.rawValue,
            level: shard.level.rawValue,
            detail: shard.detail,
            bytes: damagedBytes(shard),
            affectedSteps: steps,
            overlappingSteps: overlapping.count,
            suspectSteps: data.suspectSteps.count,
            mapping: Self.confidence(of: data.spans.map(\.span)).rawValue,
            // A failed piece tells where, not how much.
            damagedTokens: copies.differences[shard.name] == nil || !isTokens ? nil : damagedTokens,
            tokensPerStep: map.loader.geometry.tokensPerStep,
            affectedStepRanges: shown.sorted { $0.lowerBound < $1.lowerBound }.filter { !$0.isEmpty }.map {
                $0.lowerBound...$0.upperBound - 1
            },
            isRepaired: inventory?.repaired.contains { $0.name == shard.name } ?? false
        )
    }

    /// The least sure of some spans.
    private static func confidence(of spans: [DataSpan]) -> MappingConfidence {
        if spans.contains(where: { $0.confidence == .unknown }) { return .unknown }
        return spans.contains { $0.confidence == .interval } ? .interval : .exact
    }

    /// Damaged shards of a run whose steps cannot be mapped: facts, without a link to the event.
    private func untracedDamage(_ inventory: ShardInventory) -> [Evidence] {
        inventory.everDamaged.map { shard in
            .shardDamaged(
                ShardDamage(
                    shard: shard.name,
                    status: shard.status.rawValue,
                    level: shard.level.rawValue,
                    detail: shard.detail,
                    bytes: damagedBytes(shard),
                    suspectSteps: 0,
                    mapping: "unknown",
                    isRepaired: inventory.repaired.contains { $0.name == shard.name }
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
