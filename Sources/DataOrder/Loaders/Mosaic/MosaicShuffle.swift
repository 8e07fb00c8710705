/// The shuffles of MosaicML Streaming: a permutation of an epoch's samples, from shard sizes and seeds alone.
///
/// Source: mosaicml-streaming 0.13 `streaming/base/shuffle/`; reference `loaders.md` 7.
public enum MosaicShuffle: String, Sendable, CaseIterable {
    /// One permutation of all samples.
    case naive
    /// Shards scattered over canonical nodes, shuffled inside each shard part.
    case py1s
    /// As `py1s`, and shuffled inside shards before they are scattered too.
    case py2s
    /// Shuffled inside blocks of about a given size.
    case py1br
    /// Samples of a shard spread over a range of about a given size (the default).
    case py1e

    /// The sample at each place of an epoch.
    /// - Parameters:
    ///   - sizes: Samples of each shard.
    ///   - canonicalNodes: `num_canonical_nodes`.
    ///   - blockSize: `shuffle_block_size`.
    ///   - epoch: Counted from 0.
    func order(sizes: [Int], canonicalNodes: Int, seed: UInt64, epoch: Int, blockSize: Int) -> [Int] {
        let total = sizes.reduce(0, +)
        var epochGenerator = PCG64(seed: seed &+ UInt64(epoch))
        if self == .naive {
            var order = Array(0..<total)
            epochGenerator.shuffle(&order)
            return order
        }
        if self == .py2s {
            return Self.twice(sizes, canonicalNodes, seed: seed, epochGenerator: &epochGenerator)
        }
        var (parts, nodes) = Self.scattered(sizes, canonicalNodes, seed: seed, epochGenerator: &epochGenerator)
        switch self {
        case .py1br:
            return Self.inBlocks(&parts, nodes, total: total, blockSize: blockSize, generator: &epochGenerator)
        case .py1e:
            return Self.expanded(parts, nodes, blockSize: blockSize, generator: &epochGenerator)
        default:
            var order: [Int] = []
            order.reserveCapacity(total)
            for part in parts {
                var samples = Array(part)
                epochGenerator.shuffle(&samples)
                order += samples
            }
            return order
        }
    }

    /// Cuts spans at the boundaries of canonical nodes, each of which holds total / nodes samples.
    static func divided<Span>(
        _ spans: [Span],
        nodes: Int,
        count: (Span) -> Int,
        split: (Span, Int) -> (Span, Span)
    ) -> (parts: [Span], nodes: [Range<Int>]) {
        let total = spans.reduce(0) { $0 + count($1) }
        var spans = spans
        var parts: [Span] = []
        var ranges: [Range<Int>] = []
        var index = 0
        var done = 0
        for node in 0..<nodes {
            let begin = parts.count
            let end = total * (node + 1) / nodes
            while index < spans.count {
                let size = count(spans[index])
                if end < done + size {
                    if done < end {
                        let (head, tail) = split(spans[index], end - done)
                        parts.append(head)
                        spans[index] = tail
                        done = end
                    }
                    break
                }
                parts.append(spans[index])
                index += 1
                done += size
            }
            ranges.append(begin..<parts.count)
        }
        return (parts, ranges)
    }

    /// Shard spans in the run's order, cut at node boundaries and shuffled inside each node for the epoch.
    private static func scattered(
        _ sizes: [Int],
        _ canonicalNodes: Int,
        seed: UInt64,
        epochGenerator: inout PCG64
    ) -> (parts: [Range<Int>], nodes: [Range<Int>]) {
        var spans: [Range<Int>] = []
        var start = 0
        for size in sizes {
            spans.append(start..<start + size)
            start += size
        }
        var runGenerator = PCG64(seed: seed)
        runGenerator.shuffle(&spans)
        var (parts, nodes) = divided(spans, nodes: canonicalNodes, count: \.count) { span, count in
            (span.prefix(count), span.dropFirst(count))
        }
        for node in nodes { epochGenerator.shuffle(&parts[node]) }
        return (parts, nodes)
    }

    private static func twice(
        _ sizes: [Int],
        _ canonicalNodes: Int,
        seed: UInt64,
        epochGenerator: inout PCG64
    ) -> [Int] {
        var shards: [ArraySlice<Int>] = []
        var start = 0
        for size in sizes {
            shards.append(Array(start..<start + size)[...])
            start += size
        }
        var runGenerator = PCG64(seed: seed)
        runGenerator.shuffle(&shards)
        for index in shards.indices { runGenerator.shuffle(&shards[index]) }
        var (parts, nodes) = divided(shards, nodes: canonicalNodes, count: \.count) { shard, count in
            (shard.prefix(count), shard.dropFirst(count))
        }
        for node in nodes {
            epochGenerator.shuffle(&parts[node])
            for index in node { epochGenerator.shuffle(&parts[index]) }
        }
        return parts.flatMap { $0 }
    }

    private static func inBlocks(
        _ parts: inout [Range<Int>],
        _ nodes: [Range<Int>],
        total: Int,
        blockSize: Int,
        generator: inout PCG64
    ) -> [Int] {
        let (low, high) = bounds(blockSize)
        let staggers = nodes.map { _ in low > 0 ? generator.integer(in: 0..<low) : 0 }
        var order: [Int] = []
        order.reserveCapacity(total)
        for (node, stagger) in zip(nodes, staggers) {
            let begin = order.count
            for part in parts[node] { order += part }
            let end = order.count
            var blocks: [Range<Int>] = []
            var position = begin
            while position < end {
                let size = generator.integer(in: low..<high)
                let first = max(position - stagger, begin)
                let last = min(position + size - stagger, end)
                blocks.append(first..<max(first, last))
                // A block that would end before it begins moves the position back in the original, which then never ends.
                position += max(1, last - first)
            }
            for block in blocks { generator.shuffle(&order[block]) }
        }
        return order
    }

    private static func expanded(
        _ parts: [Range<Int>],
        _ nodes: [Range<Int>],
        blockSize: Int,
        generator: inout PCG64
    ) -> [Int] {
        let (low, high) = bounds(blockSize)
        var order: [Int] = []
        for node in nodes {
            var samples: [Int] = []
            for part in parts[node] {
                var shuffled = Array(part)
                generator.shuffle(&shuffled)
                samples += shuffled
            }
            var positions = samples.indices.map(Double.init)
            var offset = 0
            for part in parts[node] {
                let size = part.count
                let cutoff = max(0, Double(generator.integer(in: low..<high) - size) / 2)
                let lower = max(-cutoff, -Double(offset))
                let upper = min(cutoff, Double(samples.count - offset - size))
                for index in offset..<offset + size {
                    positions[index] += lower + (upper - lower) * generator.double()
                }
                offset += size
            }
            let sorted = samples.indices.sorted {
                positions[$0] == positions[$1] ? $0 < $1 : positions[$0] < positions[$1]
            }
            order += sorted.map { samples[$0] }
        }
        return order
    }

    /// The sizes a block may have: three to five quarters of what was asked for.
    private static func bounds(_ blockSize: Int) -> (Int, Int) {
        let low = Int(0.75 * Double(blockSize))
        return (low, max(low + 1, Int(1.25 * Double(blockSize))))
    }
}
