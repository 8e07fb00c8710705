import DataOrder
import Foundation
import Terms

/// What a run was fed, counted per window of steps: arithmetic over the data map, which reads no shard.
package struct MixtureCount: Sendable, Equatable {
    /// A window of whole steps.
    package struct Window: Sendable, Equatable {
        /// Its steps, in the numbering of the log.
        package var steps: ClosedRange<Int>
        /// The steps of it that were mapped.
        package var reads: [StepRead]
    }

    /// At most so many windows: each is a few pixels of a plot.
    package static let windowLimit = 200
    /// At most so many steps are mapped; of longer runs some of each window.
    package static let stepLimit = 2000
    /// About so many spans are looked at.
    package static let spanLimit = 1_500_000

    /// The groups of data.
    package let bands: MixtureBands
    /// The windows by rising step, without gaps.
    package let windows: [Window]
    /// Steps of a window; the last may be shorter.
    package let width: Int
    /// Whether every step was mapped.
    package let isWhole: Bool
    /// What was read of each shard in the mapped steps.
    package let shards: [Double]

    /// Counts.
    /// - Parameters:
    ///   - map: The map of the run.
    ///   - steps: The steps of the log.
    ///   - sources: The source of each shard by configuration; `nil` reads the names.
    /// - Returns: `nil` where it is not known of any step what it read.
    package init?(_ map: DataMap, steps: ClosedRange<Int>, sources: [String]? = nil) {
        let first = max(steps.lowerBound, map.stepBase)
        let (end, overflow) = map.stepBase.addingReportingOverflow(map.updates)
        let last = min(steps.upperBound, overflow ? steps.upperBound : end - 1)
        guard first <= last, !map.loader.shards.isEmpty else { return nil }
        let (distance, isTooLong) = last.subtractingReportingOverflow(first)
        guard !isTooLong, distance < 1 << 40 else { return nil }
        let count = distance + 1
        let bands = MixtureBands(map.loader.shards, sources: sources)
        var shards = [Double](repeating: 0, count: map.loader.shards.count)

        // A step of many ranks and rows has many spans: the first known one says what mapping costs.
        var spans = 0
        var probe = [Double]()
        _ = StepRead(step: first, map: map, bands: bands, shards: &probe, spans: &spans)
        let affordable = max(20, min(Self.stepLimit, Self.spanLimit / max(1, spans)))
        let most = min(Self.windowLimit, affordable)
        let width = (count + most - 1) / most
        let sampled = max(1, min(width, affordable / ((count + width - 1) / width)))

        var windows: [Window] = []
        for start in stride(from: 0, to: count, by: width) {
            let length = min(width, count - start)
            let offsets = Self.offsets(length, sampled: sampled, seed: start)
            let reads = offsets.compactMap { offset in
                StepRead(step: first + start + offset, map: map, bands: bands, shards: &shards, spans: &spans)
            }
            windows.append(Window(steps: first + start...first + start + length - 1, reads: reads))
        }
        guard windows.contains(where: { !$0.reads.isEmpty }) else { return nil }
        self.bands = bands
        self.windows = windows
        self.width = width
        isWhole = windows.allSatisfy { $0.reads.count == $0.steps.count }
        self.shards = shards
    }

    /// Some steps of a window: one of each of equal stretches, at a place that follows no period of the data.
    private static func offsets(_ length: Int, sampled: Int, seed: Int) -> [Int] {
        guard sampled < length else { return Array(0..<length) }
        return (0..<sampled).map { index in
            let (low, high) = (index * length / sampled, (index + 1) * length / sampled)
            // SplitMix64 (Steele, Lea, Flood 2014): reports have no other source of chance.
            var hash = UInt64(truncatingIfNeeded: seed &+ low) &* 0x9E37_79B9_7F4A_7C15
            hash = (hash ^ (hash >> 30)) &* 0xBF58_476D_1CE4_E5B9
            hash ^= hash >> 27
            return low + Int(hash % UInt64(max(1, high - low)))
        }
    }

    /// The least sure mapping of the counted steps.
    package var confidence: MappingConfidence {
        windows.contains { $0.reads.contains { $0.confidence == .interval } } ? .interval : .exact
    }

    /// Whether windows hold most of what the run does: their entropy is at least half of that of the whole run. Otherwise
    /// groups are read one after another, if with some overlap.
    package var isInterleaved: Bool {
        let known = windows.filter { !$0.reads.isEmpty }.map { window in
            bands.names.indices.map { band in window.reads.reduce(0) { $0 + $1.amounts[band] } }
        }
        guard !known.isEmpty else { return false }
        let whole = bands.names.indices.map { band in known.reduce(0) { $0 + $1[band] } }
        let mean = known.reduce(0) { $0 + Self.entropy($1) } / Double(known.count)
        return mean >= 0.5 * Self.entropy(whole)
    }

    /// The entropy of shares, nats.
    private static func entropy(_ amounts: [Double]) -> Double {
        let total = amounts.reduce(0, +)
        return amounts.reduce(0) { $1 > 0 ? $0 - $1 / total * log($1 / total) : $0 }
    }

    /// What each window read of each group, whole numbers that add up to what its steps read; where only some steps were
    /// mapped, as if the others had read alike. `nil` for a window of which no step is known.
    package var amounts: [[Int]?] {
        windows.map { window in
            guard !window.reads.isEmpty else { return nil }
            let factor = Double(window.steps.count) / Double(window.reads.count)
            let sums = bands.names.indices.map { band in window.reads.reduce(0) { $0 + $1.amounts[band] } * factor }
            return Self.rounded(sums)
        }
    }

    /// Whole numbers with the rounded sum: the largest remainders are rounded up.
    private static func rounded(_ values: [Double]) -> [Int] {
        let values = values.map { min(max($0, 0), 0x1p60) }
        var result = values.map { Int($0) }
        let missing = Int(min(values.reduce(0, +), 0x1p60).rounded()) - saturatingSum(result)
        let order = values.indices.sorted {
            (values[$0] - Double(result[$0]), $1) > (values[$1] - Double(result[$1]), $0)
        }
        for index in order.prefix(max(0, missing)) { result[index] += 1 }
        return result
    }
}
