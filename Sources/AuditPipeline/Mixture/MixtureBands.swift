import DataOrder
import Reporting
import Terms

/// The groups of data whose share is counted: sources; of one source its shards; of one shard its parts.
package struct MixtureBands: Sendable, Equatable {
    /// At most so many: more are neither told apart in a plot nor read in a key.
    package static let limit = 12

    /// What the groups are.
    package let grouping: MixtureReport.Grouping
    /// Their names, in the order in which the loader lists them; names of files and folders.
    package let names: [String]
    /// How many shards each holds.
    package let shards: [Int]
    /// Their sizes in the shards' unit.
    package let sizes: [Int]
    /// The sources that each holds, where the groups are sources.
    package private(set) var sources: [Set<String>] = []
    /// The group of each shard, or of its first part.
    private let ofShard: [Int]
    /// The size of the only shard where it is cut into parts; `nil` otherwise.
    private let partitioned: Int?

    /// Groups shards.
    /// - Parameters:
    ///   - layouts: The shards in the loader's order.
    ///   - sources: The source of each shard by configuration, such as the folder of its stream; `nil` reads the names.
    package init(_ layouts: [ShardLayout], sources: [String]? = nil) {
        let sources = sources ?? SourceNames.of(layouts.map(\.name))
        var order: [String: Int] = [:]
        for source in sources where order[source] == nil { order[source] = order.count }
        if order.count > 1 {
            self = Self.bySource(layouts, sources: sources, order: order)
            self.sources = names.map { _ in [] }
            for (source, band) in zip(sources, ofShard) { self.sources[band].insert(source) }
        } else if layouts.count > 1 {
            self = Self.byShard(layouts)
        } else {
            self = Self.byPart(layouts)
        }
    }

    private init(
        _ grouping: MixtureReport.Grouping,
        names: [String],
        ofShard: [Int],
        layouts: [ShardLayout],
        partitioned: Int? = nil
    ) {
        self.grouping = grouping
        self.names = names
        self.ofShard = ofShard
        self.partitioned = partitioned
        var shards = [Int](repeating: 0, count: names.count)
        var sizes = shards
        for (layout, band) in zip(layouts, ofShard) {
            shards[band] += 1
            sizes[band] = saturatingSum([sizes[band], layout.tokens])
        }
        if let partitioned {
            shards = names.map { _ in 1 }
            sizes = names.indices.map { Self.part($0 + 1, of: partitioned) - Self.part($0, of: partitioned) }
        }
        self.shards = shards
        self.sizes = sizes
    }

    /// Sources by name; the smallest of more than twelve share a group.
    private static func bySource(_ layouts: [ShardLayout], sources: [String], order: [String: Int]) -> MixtureBands {
        var names = order.sorted { $0.value < $1.value }.map(\.key)
        guard names.count > limit else {
            return MixtureBands(.source, names: names, ofShard: sources.map { order[$0] ?? 0 }, layouts: layouts)
        }
        var sizes = [Int](repeating: 0, count: names.count)
        for (layout, source) in zip(layouts, sources) {
            guard let place = order[source] else { continue }
            sizes[place] = saturatingSum([sizes[place], layout.tokens])
        }
        let largest = names.indices.sorted { (sizes[$0], $1) > (sizes[$1], $0) }.prefix(limit - 1).sorted()
        let places = Dictionary(largest.enumerated().map { (names[$0.element], $0.offset) }) { first, _ in first }
        let others = names.count - largest.count
        names = largest.map { names[$0] } + ["\(others) other sources"]
        let ofShard = sources.map { places[$0] ?? limit - 1 }
        return MixtureBands(.source, names: names, ofShard: ofShard, layouts: layouts)
    }

    /// Shards, or neighbours of them together.
    private static func byShard(_ layouts: [ShardLayout]) -> MixtureBands {
        let count = min(limit, layouts.count)
        let ofShard = layouts.indices.map { $0 * count / layouts.count }
        let names = (0..<count).map { band -> String in
            let own = zip(layouts, ofShard).filter { $0.1 == band }.map(\.0.name)
            guard let first = own.first, let last = own.last else { return "" }
            return own.count == 1 ? first : "\(first) to \(last)"
        }
        return MixtureBands(.shard, names: names, ofShard: ofShard, layouts: layouts)
    }

    /// Equal parts of the only shard.
    private static func byPart(_ layouts: [ShardLayout]) -> MixtureBands {
        let parts = 8
        guard let layout = layouts.first, layout.tokens >= parts else {
            return MixtureBands(
                .part,
                names: layouts.map(\.name),
                ofShard: layouts.indices.map { _ in 0 },
                layouts: layouts
            )
        }
        let names = (1...parts).map { "\(layout.name), part \($0) of \(parts)" }
        return MixtureBands(.part, names: names, ofShard: [0], layouts: layouts, partitioned: layout.tokens)
    }

    /// Where a part of the only shard begins.
    private static func part(_ index: Int, of tokens: Int) -> Int {
        index * (tokens / 8) + min(index, tokens % 8)
    }

    /// Adds so many units of a span to the groups that hold them.
    package func add(_ units: Double, of span: DataSpan, to counts: inout [Double]) {
        guard let partitioned else {
            guard ofShard.indices.contains(span.shard) else { return }
            counts[ofShard[span.shard]] += units
            return
        }
        guard !span.tokens.isEmpty else { return }
        for band in names.indices {
            let held = Self.part(band, of: partitioned)..<Self.part(band + 1, of: partitioned)
            let own = held.clamped(to: span.tokens).count
            if own > 0 { counts[band] += units * Double(own) / Double(span.tokens.count) }
        }
    }
}
