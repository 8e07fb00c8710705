import DataOrder
import Diagnosis
import Reporting
import Terms
import TrainingLogs

/// What a run was fed of each source, and where that changes.
package struct Mixture: Sendable {
    /// For the report and its plot.
    package var report: MixtureReport
    /// Beside what is configured; `nil` where no shares are.
    package var facts: MixtureFacts?
    /// The count that it rests on.
    private let count: MixtureCount
    private let found: MixtureChanges
    /// Whether a composition that changes says something: of shards that are read one after another it always does.
    private let isMixed: Bool

    package init(
        _ count: MixtureCount,
        found: MixtureChanges,
        isMixed: Bool,
        report: MixtureReport,
        facts: MixtureFacts?
    ) {
        self.count = count
        self.found = found
        self.isMixed = isMixed
        self.report = report
        self.facts = facts
    }

    /// What the mixture says about an event.
    /// - Parameters:
    ///   - event: The steps of the event.
    ///   - suspects: The suspect steps of all events.
    package func evidence(_ event: ClosedRange<Int>, _ suspects: Set<Int>) -> Evidence? {
        guard isMixed else { return nil }
        let reach = max(2, count.width)
        let onset = event.lowerBound
        let near = found.changes.filter { abs($0.step.subtractingStep(onset)) <= reach }
        guard let change = near.min(by: { abs($0.step - onset) < abs($1.step - onset) }) else {
            return isSteady(event, reach) ? .mixtureSteady(sources: count.bands.names.count) : nil
        }
        let moved = change.before.indices.max { left, right in
            abs(change.after[left] - change.before[left]) < abs(change.after[right] - change.before[right])
        }
        guard let moved else { return nil }
        return .mixtureChange(
            MixtureChange(
                step: change.step,
                distance: onset.subtractingStep(change.step),
                source: count.bands.names[moved],
                before: change.before[moved],
                after: change.after[moved],
                changes: found.changes.count,
                quietChanges: QuietBoundaries.count(found.changes.map(\.step), suspects: suspects)
            )
        )
    }

    /// Whether nothing changes around an event, and a change of half of the rows for as long as it lasts, or for one window,
    /// would have been found.
    private func isSteady(_ event: ClosedRange<Int>, _ reach: Int) -> Bool {
        let around = event.lowerBound.subtractingStep(2 * reach)...event.upperBound.addingStep(reach)
        guard !found.changes.contains(where: { around.contains($0.step) }) else { return false }
        let windows = count.windows.filter { $0.steps.overlaps(event) }
        guard let first = windows.first, first.steps.contains(event.lowerBound),
            windows.allSatisfy({ !$0.reads.isEmpty })
        else { return false }
        let rows = windows.flatMap(\.reads).reduce(0) { $0 + $1.rows } / found.dispersion
        // Pinsker: rows of which half come from elsewhere gain half a nat each, and need two cuts.
        return rows * 0.5 >= 2 * found.penalty
    }
}

/// Counts what a run was fed, from the arithmetic of its loader alone.
package enum MixtureStage {
    /// The shards of a long list that are named for having been read too often.
    private static let repetitionLimit = 20

    /// - Returns: `nil` without a log, without a map, or where no step of it is known.
    static func run(_ run: LoadedRun) -> Mixture? {
        guard let map = run.order.map, let steps = run.history?.train.steps, let first = steps.min(),
            let last = steps.max()
        else { return nil }
        return mixture(map, steps: first...last, order: run.configuration.order)
    }

    /// - Parameters:
    ///   - map: The map of the run.
    ///   - steps: The steps of the log.
    ///   - order: What is configured of the data, for sources and their weights.
    /// - Returns: `nil` where it is not known of any step what it read.
    package static func mixture(_ map: DataMap, steps: ClosedRange<Int>, order: OrderOptions) -> Mixture? {
        let configured = ConfiguredShares(order, shards: map.loader.shards)
        guard let count = MixtureCount(map, steps: steps, sources: configured?.sources) else { return nil }
        let isMixed = count.bands.grouping == .source || !map.loader.readsShardsInOrder && count.isInterleaved
        let found = MixtureChanges(count)
        let sources = sources(count, configured, map)
        let report = MixtureReport(
            grouping: count.bands.grouping,
            confidence: count.confidence,
            unit: unit(map),
            windowSteps: count.width,
            mappedSteps: count.windows.reduce(0) { $0 + $1.reads.count },
            sources: sources,
            windows: zip(count.windows, count.amounts).map { window, amounts in
                .init(firstStep: window.steps.lowerBound, lastStep: window.steps.upperBound, read: amounts)
            },
            changes: isMixed
                ? found.changes.map {
                    .init(step: $0.step, before: $0.before.map(rounded), after: $0.after.map(rounded))
                }
                : [],
            repetitions: repetitions(count, map)
        )
        let rows = count.windows.flatMap(\.reads).reduce(0) { $0 + $1.rows }
        let facts = configured.flatMap { self.facts($0, sources, draws: rows / found.dispersion) }
        return Mixture(count, found: found, isMixed: isMixed, report: report, facts: facts)
    }

    private static func unit(_ map: DataMap) -> ShardUnit {
        map.loader.shards.contains { $0.unit == .samples } ? .samples : .tokens
    }

    private static func sources(
        _ count: MixtureCount,
        _ configured: ConfiguredShares?,
        _ map: DataMap
    ) -> [MixtureReport.Source] {
        let bands = count.bands
        var read = [Int](repeating: 0, count: bands.names.count)
        for amounts in count.amounts {
            for (band, amount) in (amounts ?? []).enumerated() { read[band] = saturatingSum([read[band], amount]) }
        }
        let total = Double(max(1, saturatingSum(read)))
        // The tokens of documents are not known before they are tokenised.
        let hasSizes = map.loader.shards.allSatisfy { $0.unit == unit(map) }
        return bands.names.indices.map { band in
            let wanted = configured?.shares.flatMap { shares -> Double? in
                guard bands.sources.indices.contains(band) else { return nil }
                return bands.sources[band].sorted().reduce(0) { $0 + (shares[$1] ?? 0) }
            }
            return MixtureReport.Source(
                name: bands.names[band],
                shards: bands.shards[band],
                read: read[band],
                share: rounded(Double(read[band]) / total),
                passes: hasSizes && bands.sizes[band] > 0
                    ? rounded(Double(read[band]) / Double(bands.sizes[band])) : nil,
                configuredShare: wanted.map(rounded)
            )
        }
    }

    /// Shards read half a pass more often than the middle one, where every step was mapped.
    private static func repetitions(_ count: MixtureCount, _ map: DataMap) -> [MixtureReport.Repetition] {
        guard count.isWhole, count.confidence == .exact, map.loader.shards.count == count.shards.count else {
            return []
        }
        let passes = zip(map.loader.shards, count.shards).compactMap { shard, read in
            shard.tokens > 0 && shard.unit != .documents
                ? (shard: shard.name, passes: read / Double(shard.tokens)) : nil
        }
        let sorted = passes.map(\.passes).sorted()
        guard sorted.count > 2 else { return [] }
        let middle = max(1, sorted[sorted.count / 2])
        return passes.filter { $0.passes >= middle + 0.5 }.prefix(repetitionLimit).map {
            .init(shard: $0.shard, passes: rounded($0.passes))
        }
    }

    private static func facts(
        _ configured: ConfiguredShares,
        _ sources: [MixtureReport.Source],
        draws: Double
    ) -> MixtureFacts? {
        guard configured.shares != nil else { return nil }
        return MixtureFacts(
            key: configured.key,
            sources: sources.compactMap { source in
                source.configuredShare.map {
                    .init(
                        name: source.name,
                        share: source.share.value,
                        configuredShare: $0.value,
                        passes: source.passes?.value
                    )
                }
            },
            draws: draws
        )
    }

    /// Four decimals are more than anybody compares, and keep rounding noise out of the output.
    private static func rounded(_ value: Double) -> Double { (value * 1e4).rounded() / 1e4 }
}
