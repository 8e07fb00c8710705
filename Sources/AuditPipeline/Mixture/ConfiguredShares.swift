import DataOrder

/// What the configuration says of the sources of the data: which shard is of which, and how much of each is wanted.
package struct ConfiguredShares: Sendable, Equatable {
    /// The source of each shard.
    package var sources: [String]
    /// The share of each source, adding up to 1; `nil` where none is configured.
    package var shares: [String: Double]?
    /// The key of audit.yaml that says it.
    package var key: String

    /// Reads `order.blend` or `order.streams`.
    /// - Returns: `nil` where neither says anything of more than one source.
    package init?(_ options: OrderOptions, shards: [ShardLayout]) {
        if options.blend.count > 1, options.blend.count == shards.count {
            key = "order.blend"
            sources = options.blend.map(\.data)
            let weights = options.blend.map { $0.weight ?? 0 }
            shares = Self.normalized(zip(sources, weights))
        } else if options.streams.count > 1 {
            key = "order.streams"
            let folders = options.streams.map(\.directory)
            var sizes = [Int](repeating: 0, count: folders.count)
            var sources: [String] = []
            for shard in shards {
                // Of nested folders the deepest holds the shard.
                let holding = folders.indices.filter { folders[$0].isEmpty || shard.name.hasPrefix(folders[$0] + "/") }
                guard let stream = holding.max(by: { folders[$0].count < folders[$1].count }) else { return nil }
                sizes[stream] += shard.tokens
                sources.append(folders[stream])
            }
            self.sources = sources
            shares = Self.normalized(zip(folders, Self.weights(options.streams, sizes)))
        } else {
            return nil
        }
    }

    /// How much an epoch takes of each stream; zeros where streams say nothing.
    private static func weights(_ streams: [OrderOptions.Stream], _ sizes: [Int]) -> [Double] {
        let isProportional = streams.contains { $0.proportion != nil }
        let isChosen = streams.contains { $0.repetition != nil || $0.choose != nil }
        return zip(streams, sizes).map { stream, size in
            if isProportional { return stream.proportion ?? 0 }
            guard isChosen else { return 0 }
            return stream.choose.map { Double($0) } ?? Double(size) * (stream.repetition ?? 1)
        }
    }

    private static func normalized(_ weights: some Sequence<(String, Double)>) -> [String: Double]? {
        let sums = Dictionary(weights.map { ($0, $1) }, uniquingKeysWith: +)
        let total = sums.values.sorted().reduce(0, +)
        guard total > 0, total.isFinite, sums.values.allSatisfy({ $0 >= 0 }) else { return nil }
        return sums.mapValues { $0 / total }
    }
}
