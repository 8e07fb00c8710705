import DataOrder
import Diagnosis
import Foundation
import Replay
import Shards

/// Counts of tokens, and how far two sets of them are apart.
struct TokenStatistics: Sendable {
    private(set) var counts: [Int32: Int] = [:]
    private(set) var total = 0

    mutating func add(_ tokens: some Sequence<Int32>) {
        for token in tokens {
            counts[token, default: 0] += 1
            total += 1
        }
    }

    /// Entropy of single tokens, nats.
    var entropy: Double {
        guard total > 0 else { return 0 }
        // Sorted, because sums of floating-point numbers depend on their order.
        return counts.values.sorted().reduce(0.0) { sum, count in
            let share = Double(count) / Double(total)
            return sum - share * log(share)
        }
    }

    /// Jensen-Shannon divergence of two sets, nats: 0 for the same frequencies, ln 2 for nothing in common.
    static func divergence(_ a: TokenStatistics, _ b: TokenStatistics) -> Double {
        guard a.total > 0, b.total > 0 else { return 0 }
        var sum = 0.0
        for token in Set(a.counts.keys).union(b.counts.keys).sorted() {
            let p = Double(a.counts[token] ?? 0) / Double(a.total)
            let q = Double(b.counts[token] ?? 0) / Double(b.total)
            let middle = (p + q) / 2
            if p > 0 { sum += p / 2 * log(p / middle) }
            if q > 0 { sum += q / 2 * log(q / middle) }
        }
        return max(0, sum)
    }
}

/// What the tokens themselves say: their entropy, and whether they change where the loss does.
struct ContentStatistics {
    let map: DataMap
    let folder: ShardFolder

    /// Tokens that are counted at most.
    static let limit = 2_000_000

    /// Entropy of single tokens over the training shards, from evenly spread stretches; `nil` where too few can be read
    /// to tell.
    func unigramEntropy() -> Double? {
        let shards = map.loader.shards.prefix(256)
        guard !shards.isEmpty, shards.allSatisfy({ $0.tokenWidth > 0 && $0.tokens > 0 }) else { return nil }
        let each = max(1024, Self.limit / shards.count)
        var statistics = TokenStatistics()
        for shard in shards {
            guard let path = try? folder.resolve(shard.name),
                let reader = try? TokenReader(path: path, headerBytes: shard.headerBytes, tokenWidth: shard.tokenWidth),
                let tokens = try? reader.tokens(0..<min(each, shard.tokens))
            else { continue }
            statistics.add(tokens)
        }
        guard statistics.total >= 8192, statistics.total >= 20 * statistics.counts.count else { return nil }
        return statistics.entropy
    }

    /// How far the tokens of an event are from those before it, and whether those after it are as far; `nil` where the
    /// steps cannot be read or are too few.
    func shift(at suspects: [Int], onset: Int, lastStep: Int) -> ContentShift? {
        let stretch = 24
        let spread = 200
        guard onset > map.stepBase.addingClamped(stretch) else { return nil }
        let first = max(map.stepBase, onset.addingClamped(-spread))
        let earlier = Self.spread(first, onset.addingClamped(-4), stretch)
        let later = Self.spread(onset.addingClamped(60), min(lastStep, onset.addingClamped(60 + spread)), stretch)
        guard earlier.count >= 8 else { return nil }
        let half = earlier.count / 2
        let (old, reference) = (counted(Array(earlier.prefix(half))), counted(Array(earlier.suffix(half))))
        // As many tokens as in the reference: small sets are farther apart by chance.
        let near = suspects.filter { $0 >= onset.addingClamped(-1) }
        let event = counted(Array(near.prefix(half)))
        let rest = counted(Array(later.prefix(half)))
        guard old.total >= 512, reference.total >= 512, event.total > 0 else { return nil }
        let usual = TokenStatistics.divergence(old, reference)
        let chance = usual * Double(min(old.total, reference.total)) / Double(min(event.total, reference.total))
        return ContentShift(
            usual: max(usual, chance),
            event: TokenStatistics.divergence(event, reference),
            after: rest.total * 2 >= reference.total ? TokenStatistics.divergence(rest, reference) : nil,
            changes: changes(around: onset, lastStep: lastStep)
        )
    }

    /// How often neighbouring stretches of twenty steps differ much more than most neighbours do.
    private func changes(around onset: Int, lastStep: Int) -> Int {
        let length = 20
        let first = max(map.stepBase, onset.addingClamped(-200))
        let last = min(lastStep, onset.addingClamped(200))
        var blocks: [TokenStatistics] = []
        var start = first
        while start.addingClamped(length) <= last {
            blocks.append(counted(Self.spread(start, start + length - 1, 10)))
            start += length
        }
        let distances = zip(blocks, blocks.dropFirst()).map(TokenStatistics.divergence)
        guard distances.count >= 6 else { return 0 }
        let usual = distances.sorted()[distances.count / 4]
        return distances.count { $0 > max(0.05, 3 * usual) }
    }

    private static func spread(_ first: Int, _ last: Int, _ count: Int) -> [Int] {
        guard first <= last else { return [] }
        let length = last.subtractingReportingOverflow(first).partialValue
        guard length >= count else { return Array(first...last) }
        return (0..<count).map { first + $0 * (length / count) }
    }

    private func counted(_ steps: [Int]) -> TokenStatistics {
        var statistics = TokenStatistics()
        var reader = BatchReader(folder: folder, layouts: map.loader.shards)
        for step in steps {
            guard let batches = try? map.microBatches(step: step),
                let rows = try? reader.rows(of: batches, geometry: map.loader.geometry)
            else { continue }
            for row in rows { statistics.add(row.inputs) }
            if statistics.total > Self.limit { break }
        }
        return statistics
    }
}

extension Int {
    /// The sum, kept within the range of integers.
    func addingClamped(_ other: Int) -> Int {
        let (sum, overflow) = addingReportingOverflow(other)
        return overflow ? (other > 0 ? .max : .min) : sum
    }
}
