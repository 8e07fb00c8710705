import DataOrder
import Terms
import Testing

/// How often each token of each shard is fed as an input.
private func fed(_ loader: any Loader, updates: Range<Int>) throws -> [[Int]] {
    var counts = loader.shards.map { [Int](repeating: 0, count: $0.tokens) }
    for update in updates {
        for batch in try loader.microBatches(update: update) {
            var tokens = batch.spans.flatMap { span in span.tokens.map { (span.shard, $0) } }
            switch batch.arrangement {
            case .stream: tokens.removeLast()
            case .rows, .unknown: break
            }
            for (shard, token) in tokens { counts[shard][token] += 1 }
        }
    }
    return counts
}

@Suite struct EpochPropertyTests {
    /// The ideal loader feeds every token as often as any other, whatever the sizes.
    @Test func contiguousFeedsAllTokensAlike() throws {
        var draws = Draws(state: 3)
        for _ in 0..<25 {
            let geometry = try draws.geometry(batch: 2, sequence: 2...6, accumulation: 2, worldSize: 3)
            let sizes = (0..<draws.next(1...4)).map { _ in draws.next(0...40) } + [geometry.tokensPerMicroBatch + 1]
            let total = sizes.reduce(0, +)
            // After as many updates as an epoch has tokens, each token was an input N times.
            let loader = try ContiguousLoader(shards: layouts(sizes), geometry: geometry)
            let counts = try fed(loader, updates: 0..<total)
            #expect(counts.allSatisfy { $0.allSatisfy { $0 == geometry.tokensPerStep } }, "\(sizes) \(geometry)")
        }
    }

    /// llm.c feeds the first (L − 1) / N samples of each shard once an epoch, shuffled or not, and no other token.
    @Test(arguments: ["llm.c", "llm.c-shuffled"]) func llmcFeedsWholeSamplesOnce(id: String) throws {
        var draws = Draws(state: 5)
        for _ in 0..<25 {
            let geometry = try BatchGeometry(batch: 2, sequence: draws.next(2...6), worldSize: draws.next(1...3))
            let sizes = (0..<draws.next(1...4)).map { _ in
                geometry.tokensPerMicroStep * draws.next(1...5) + draws.next(1...9)
            }
            let samples = sizes.map { ($0 - 1) / geometry.tokensPerMicroStep }
            let epoch = samples.reduce(0, +)
            let loader = try SimpleLoaders.make(id: id, shards: layouts(sizes), geometry: geometry, horizon: 3 * epoch)
            #expect(loader.updatesPerEpoch == Double(epoch))
            let counts = try fed(loader, updates: epoch..<2 * epoch)
            for (shard, count) in counts.enumerated() {
                let used = samples[shard] * geometry.tokensPerMicroStep
                #expect(count[..<used].allSatisfy { $0 == 1 } && count[used...].allSatisfy { $0 == 0 })
            }
        }
    }

    /// Each rank of the striped loader feeds its own stripe of each shard once a pass.
    @Test func stripedFeedsEachRanksStripeOnce() throws {
        var draws = Draws(state: 11)
        for _ in 0..<25 {
            let geometry = try BatchGeometry(batch: 1, sequence: draws.next(2...7), worldSize: draws.next(1...4))
            let sizes = (0..<draws.next(1...3)).map { _ in
                geometry.tokensPerMicroStep * draws.next(2...5) + draws.next(1...9)
            }
            let loader = try StripedLoader(shards: layouts(sizes), geometry: geometry)
            for rank in 0..<geometry.worldSize {
                let batches = sizes.map { max(1, ($0 - 1 - rank * geometry.sequence) / geometry.tokensPerMicroStep) }
                var expected = sizes.map { [Int](repeating: 0, count: $0) }
                for (shard, count) in batches.enumerated() {
                    for batch in 0..<count {
                        let first = batch * geometry.tokensPerMicroStep + rank * geometry.sequence
                        for token in first..<first + geometry.sequence { expected[shard][token] += 1 }
                    }
                }
                var counts = sizes.map { [Int](repeating: 0, count: $0) }
                for update in 0..<batches.reduce(0, +) {
                    for span in try loader.spans(update: update) where span.rank == rank {
                        for token in span.tokens.dropLast() { counts[span.shard][token] += 1 }
                    }
                }
                #expect(counts == expected)
            }
        }
    }

    /// OLMo feeds each instance at most once an epoch, and leaves out fewer than a batch of them.
    @Test func olmoFeedsEachInstanceOnce() throws {
        var draws = Draws(state: 13)
        for seed in 0..<20 {
            let geometry = try draws.geometry(batch: 3, sequence: 2...6, accumulation: 2, worldSize: 3)
            let sizes = (0..<3).map { _ in geometry.tokensPerStep + draws.next(0...60) }
            let loader = try OLMoLoader(
                shards: layouts(sizes),
                geometry: geometry,
                order: .shuffled(seed: seed),
                horizon: 200
            )
            let epoch = Int(loader.updatesPerEpoch ?? 0)
            let counts = try fed(loader, updates: epoch..<2 * epoch)
            #expect(counts.allSatisfy { $0.allSatisfy { $0 <= 1 } })
            let instances = sizes.reduce(0) { $0 + $1 / geometry.sequence }
            let used = counts.reduce(0) { $0 + $1.reduce(0, +) } / geometry.sequence
            #expect(instances - used < geometry.tokensPerStep / geometry.sequence)
        }
    }

    /// MosaicML feeds every sample at least once an epoch; repeats only fill up ranks and nodes.
    @Test(arguments: MosaicShuffle.allCases) func mosaicFeedsEverySample(shuffle: MosaicShuffle) throws {
        let sizes = [50, 31, 77]
        let shards = layouts(sizes.map { $0 * 5 })
        let geometry = try BatchGeometry(batch: 2, sequence: 4, worldSize: 4)
        var options = MosaicLoader.Options()
        options.shuffle = shuffle
        options.nodes = 2
        options.canonicalNodes = 4
        options.blockSize = 40
        let loader = try MosaicLoader(shards: shards, geometry: geometry, options: options, horizon: 20)
        let counts = try fed(loader, updates: 0..<20)
        #expect(counts.allSatisfy { $0.allSatisfy { $0 >= 1 } })
        let extra = counts.reduce(0) { $0 + $1.reduce(0) { $0 + $1 - 1 } } / 5
        #expect(extra < 8)
    }

    /// litdata feeds no item twice in an epoch, and all of them when nothing is dropped.
    @Test(arguments: LitDataLoader.Version.allCases) func litdataFeedsEveryItem(version: LitDataLoader.Version) throws {
        let sizes = [20, 31, 17]
        let shards = layouts(sizes.map { $0 * 5 })
        let geometry = try BatchGeometry(batch: 4, sequence: 4)
        var options = LitDataLoader.Options()
        options.version = version
        options.shuffle = true
        options.workers = 3
        let loader = try LitDataLoader(shards: shards, geometry: geometry, options: options, horizon: 40)
        var seen: [Int: Int] = [:]
        var update = 0
        while seen.count < 68, update < 40 {
            for span in try loader.spans(update: update) {
                seen[span.shard * 1000 + span.tokens.lowerBound, default: 0] += 1
            }
            update += 1
        }
        #expect(seen.count == 68 && seen.values.allSatisfy { $0 == 1 })
    }

    /// A growing batch reads the same stream: updates follow each other without a gap, and the inverse agrees.
    @Test func aRampLeavesNoGap() throws {
        let small = try BatchGeometry(batch: 1, sequence: 4, worldSize: 2)
        let large = try BatchGeometry(batch: 2, sequence: 4, accumulation: 3, worldSize: 2)
        let ramp = try BatchRamp(stages: [.init(update: 0, geometry: small), .init(update: 5, geometry: large)])
        let loader = try ContiguousLoader(shards: layouts([70, 33, 50]), ramp: ramp)
        var position = 0
        for update in 0..<30 {
            for batch in try loader.microBatches(update: update) {
                let starts = [0, 70, 103]
                #expect(starts[batch.spans[0].shard] + batch.spans[0].tokens.lowerBound == position % 153)
                position += loader.geometry(ofUpdate: update).tokensPerMicroBatch
            }
        }
        let found = try loader.updates(reading: 3..<9, ofShard: 1, limit: 30)
        for update in 0..<30 {
            let reads = try loader.spans(update: update).contains { $0.shard == 1 && $0.tokens.overlaps(3..<9) }
            #expect(reads == found.contains { $0.contains(update) })
        }
    }
}

@Suite struct LargeRunTests {
    /// 15 trillion tokens in a million shards: arithmetic holds, and forward and inverse agree.
    @Test(arguments: ["contiguous", "llm.c", "llm.c-python"]) func aMillionShards(id: String) throws {
        let shards = (0..<1_000_000).map {
            ShardLayout(name: "s\($0)", tokens: 15_000_000 + $0 % 1000, headerBytes: 1024, tokenWidth: 4)
        }
        let geometry = try BatchGeometry(batch: 8, sequence: 8192, accumulation: 2, worldSize: 16)
        let loader = try SimpleLoaders.make(id: id, shards: shards, geometry: geometry, horizon: 1)
        var draws = Draws(state: 17)
        for _ in 0..<50 {
            // Up to three passes over the data.
            let update = draws.next(0...20_000_000)
            let span = try #require(try loader.spans(update: update).randomElement(using: &draws))
            #expect(span.tokens.upperBound <= shards[span.shard].tokens)
            #expect(span.bytes.lowerBound == 1024 + 4 * span.tokens.lowerBound)
            let inverse = try loader.updates(
                reading: span.tokens.lowerBound..<span.tokens.lowerBound + 1,
                ofShard: span.shard,
                limit: update + 1
            )
            #expect(inverse.contains { $0.contains(update) })
        }
    }
}

extension Draws: RandomNumberGenerator {
    mutating func next() -> UInt64 { UInt64(next(0...Int(Int32.max))) << 32 | UInt64(next(0...Int(Int32.max))) }
}

@Suite struct ImpossibleConfigurationTests {
    private func key(_ body: () throws(DataOrderError) -> Void) -> String? {
        do throws(DataOrderError) {
            try body()
            return nil
        } catch {
            switch error {
            case .invalid(let key, _, _), .missing(let key, _): return key
            case .shardTooSmall: return "size"
            default: return "other"
            }
        }
    }

    @Test func eachNamesItsKey() throws {
        let geometry = try BatchGeometry(batch: 2, sequence: 4, worldSize: 2)
        let shards = layouts([100, 100])
        #expect(key { () throws(DataOrderError) in _ = try BatchRamp(stages: []) } == "order.ramp")
        #expect(
            key { () throws(DataOrderError) in
                _ = try BatchRamp(stages: [.init(update: 0, geometry: geometry), .init(update: 0, geometry: geometry)])
            } == "order.ramp"
        )
        var mosaic = MosaicLoader.Options()
        mosaic.nodes = 3
        #expect(
            key { () throws(DataOrderError) in
                _ = try MosaicLoader(shards: shards, geometry: geometry, options: mosaic, horizon: 1)
            } == "order.nodes"
        )
        #expect(
            key { () throws(DataOrderError) in
                _ = try OLMoLoader(shards: shards, geometry: geometry, order: .recorded([999]), horizon: 1)
            } == "order.state"
        )
        #expect(
            key { () throws(DataOrderError) in
                _ = try NanochatIntervalLoader(shards: shards, geometry: geometry, positions: [])
            } == "order.loader"
        )
        let state = LlmcState(
            rank: 0,
            update: 0,
            shardOrder: [0, 0],
            shardPlace: 0,
            samples: [],
            samplePlace: 0,
            words: [],
            index: 0
        )
        #expect(
            key { () throws(DataOrderError) in
                _ = try LlmcShuffledLoader(shards: shards, geometry: geometry, horizon: 1, states: [state])
            } == "order.state"
        )
        #expect(
            key { () throws(DataOrderError) in
                _ = try ModdedLoader(shards: layouts([17]), geometry: geometry)
            } == "size"
        )
    }
}
