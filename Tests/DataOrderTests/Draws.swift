import DataOrder

/// A small deterministic generator, so that every run tries the same random configurations.
struct Draws {
    var state: UInt64
    mutating func next(_ range: ClosedRange<Int>) -> Int {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return range.lowerBound + Int((state >> 33) % UInt64(range.count))
    }

    /// A geometry within limits.
    mutating func geometry(
        batch: Int,
        sequence: ClosedRange<Int>,
        accumulation: Int,
        worldSize: Int
    ) throws -> BatchGeometry {
        try BatchGeometry(
            batch: next(1...batch),
            sequence: next(sequence),
            accumulation: next(1...accumulation),
            worldSize: next(1...worldSize)
        )
    }
}

/// Shards of these many tokens.
func layouts(_ sizes: [Int]) -> [ShardLayout] {
    sizes.enumerated().map {
        ShardLayout(name: "shard_\($0.offset)", tokens: $0.element, headerBytes: 1024, tokenWidth: 2)
    }
}
