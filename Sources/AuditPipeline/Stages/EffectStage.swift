import DataOrder
import Diagnosis
import Shards
import Terms
import TrainingLogs

/// Damaged or odd tokens of a shard that the run read at steps that are known exactly, and what these steps do to the loss.
struct ShardEffect: Sendable {
    /// The shard.
    var shard: String
    /// What is known of the steps.
    var kind: KnownSteps.Kind
    /// The steps that read the tokens, up to the end of the log.
    var steps: [ClosedRange<Int>]
    /// Those of them that a record can show: a log may print one micro-batch of a step.
    var shown: [ClosedRange<Int>]
    /// What they do to the loss; `nil` where no record shows them, or none is left to compare with.
    var effect: StepEffect?

    /// Whether a check proves the damage.
    var isProved: Bool {
        if case .damage = kind { true } else { false }
    }

    /// At most so many of the steps, those that a record can show first, and of these the ones with the highest loss.
    func suspects(in history: TrainingHistory, atMost count: Int) -> [Int] {
        let curve = history.train.merged().finite
        func height(_ step: Int) -> Double {
            let index = curve.index(atOrAfter: step)
            return index < curve.count ? curve.values[index] : -.infinity
        }
        let candidates = shown.isEmpty ? steps : shown
        let all = candidates.lazy.flatMap { $0 }.prefix(EffectStage.mostSteps).map { ($0, height($0)) }
        return Array(all.sorted { ($0.1, -$0.0) > ($1.1, -$1.0) }.prefix(count).map(\.0)).sorted()
    }
}

/// What is known of steps, tested on the curves.
struct Effects: Sendable {
    /// Damaged and odd tokens, by shard.
    var shards: [ShardEffect] = []
    /// Boundaries, changes of the rate, resumes, checkpoints.
    var others: [StepEffect] = []
    /// The shard effects that belong to an event, by the event's place in the list.
    var joined: [Int: [ShardEffect]] = [:]

    /// The shard effects that no event shows.
    var apart: [ShardEffect] {
        let names = Set(joined.values.joined().map(\.shard))
        return shards.filter { !names.contains($0.shard) }
    }
}

/// Tests the steps of which something is known: damage, odd tokens, boundaries, changes of the rate, resumes.
struct EffectStage {
    let run: LoadedRun
    let analysis: LogAnalysis
    let damage: DamageMap
    let map: DataMap

    /// Steps of one shard that are looked at, at most.
    static let mostSteps = 20_000
    /// Shards that are tested, at most: a folder of which every shard is damaged is one finding.
    private static let mostShards = 64

    /// Tests what is known, and joins it with the events: an effect that no event shows becomes one.
    static func run(_ run: LoadedRun, _ seen: inout Seen, damage: DamageMap?) throws -> Effects {
        guard let analysis = seen.analysis else { return Effects() }
        var effects = Effects(others: analysis.effectsInLog())
        guard let damage, let map = run.order.map else { return effects }
        let stage = EffectStage(run: run, analysis: analysis, damage: damage, map: map)
        effects.shards = try stage.shardEffects()
        effects.others += stage.boundaries()
        stage.join(&effects, &seen)
        return effects
    }

    private var last: Int { analysis.history.train.steps.max() ?? map.stepBase }

    // MARK: Steps

    private func shardEffects() throws -> [ShardEffect] {
        let suspects =
            damage.inventory.everDamaged.filter { $0.status != .missing }
            + damage.inventory.verifications.filter { $0.status == .unproved && !DamageMap.oddTokens($0).isEmpty }
        var found = suspects.prefix(Self.mostShards).compactMap(known)
        let all = found.flatMap(\.shown)
        for index in found.indices where !found[index].shown.isEmpty {
            try Task.checkCancellation()
            found[index].effect = analysis.effect(
                of: KnownSteps(found[index].kind, places: found[index].shown),
                // What another damaged shard does is no reference.
                barred: all.filter { range in !found[index].shown.contains { $0.overlaps(range) } }
            )
        }
        return found
    }

    /// The steps that read what is damaged or odd in a shard; `nil` where they are not known exactly.
    private func known(_ shard: ShardVerification) -> ShardEffect? {
        let isProved = shard.status != .unproved
        let tokens = isProved ? damage.readTokens(shard) : DamageMap.oddTokens(shard)
        let ranges = tokens.flatMap { (try? map.steps(reading: $0, ofShard: shard.name)) ?? [] }
        let doubtful = map.doubt?.step ?? .max
        let steps =
            ranges.filter { !$0.isEmpty && $0.lowerBound <= last && $0.lowerBound < doubtful }
            .map { $0.lowerBound...min($0.upperBound - 1, last, doubtful - 1) }.merged() as [ClosedRange<Int>]
        guard let first = steps.first?.lowerBound, isExact(first) else { return nil }
        return ShardEffect(
            shard: shard.name,
            kind: isProved ? .damage(shard: shard.name) : .oddTokens(shard: shard.name),
            steps: steps,
            shown: shown(steps, tokens, shard.name)
        )
    }

    private func isExact(_ step: Int) -> Bool {
        guard let batches = try? map.microBatches(step: step) else { return false }
        return batches.allSatisfy { $0.confidence == .exact }
    }

    /// The steps whose printed loss holds some tokens: of a log that prints the last micro-batch of the first rank, those
    /// where it read them.
    private func shown(_ steps: [ClosedRange<Int>], _ tokens: [Range<Int>], _ shard: String) -> [ClosedRange<Int>] {
        let scope = analysis.history.lossScope
        guard scope == .microBatch || scope == .movingAverage else { return steps }
        let single = steps.lazy.flatMap { $0 }.prefix(Self.mostSteps).filter { step in
            guard let batches = try? map.microBatches(step: step) else { return false }
            let spans = batches.flatMap(\.spans)
            let printed = spans.filter { $0.rank == 0 }.map(\.microStep).max()
            return spans.contains { span in
                span.rank == 0 && span.microStep == printed && span.name == shard
                    && tokens.contains { $0.overlaps(span.tokens) }
            }
        }
        return single.map { $0...$0 }.merged()
    }

    /// Where the data move to another shard, and where a pass over them begins.
    private func boundaries() -> [StepEffect] {
        let shards = map.boundaries(through: last).map(\.step).filter { $0 > map.stepBase }
        var passes: [Int] = []
        for epoch in 2...200 {
            guard let start = map.steps(ofEpoch: epoch)?.lowerBound, start <= last else { break }
            passes.append(start)
        }
        return [KnownSteps(.shardBoundaries, steps: Set(shards)), KnownSteps(.epochBoundaries, steps: Set(passes))]
            .filter { !$0.places.isEmpty }.compactMap { analysis.effect(of: $0) }
    }

    // MARK: Events

    /// Gives each effect to the event that shows it; a significant one that no event shows becomes an event.
    private func join(_ effects: inout Effects, _ seen: inout Seen) {
        var events: [(event: Event, effects: [ShardEffect])] = seen.events.map { ($0, []) }
        for found in effects.shards {
            guard let effect = found.effect, effect.isSignificant else { continue }
            let steps = found.shown
            if let index = events.firstIndex(where: {
                $0.event.severity > .info && analysis.isSudden($0.event, near: steps)
            }) {
                events[index].effects.append(found)
                continue
            }
            let isHarm = found.isProved && effect.isRise
            guard var event = analysis.event(of: effect, steps: steps, severity: isHarm ? .failure : .warning) else {
                continue
            }
            // Single records that the search took for outliers are part of it.
            let parts = events.filter { $0.event.severity == .info && analysis.isSudden($0.event, near: steps) }
            event.symptoms = (event.symptoms + parts.flatMap(\.event.symptoms)).sorted { $0.firstStep < $1.firstStep }
            events.removeAll { item in parts.contains { $0.event == item.event } }
            // What is known leads what was searched for.
            let place = events.firstIndex { $0.event.severity <= event.severity } ?? events.count
            events.insert((event, [found]), at: place)
        }
        seen.events = events.map(\.event)
        for (index, item) in events.enumerated() where !item.effects.isEmpty { effects.joined[index] = item.effects }
    }
}
