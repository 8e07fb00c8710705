import DataOrder
import Terms
import Testing

@Suite struct ContiguousLoaderTests {
    @Test func followsTheFormulaOnEqualShards() throws {
        let geometry = try BatchGeometry(batch: 2, sequence: 8, accumulation: 2, worldSize: 2)
        let loader = try ContiguousLoader(shards: layouts([100, 100, 100]), geometry: geometry)
        for update in 0..<4 {
            let first = try #require(try loader.spans(update: update).first)
            #expect(first.shard == update * 64 / 100)
            #expect(first.tokens.lowerBound == update * 64 % 100)
            #expect(first.bytes.lowerBound == 1024 + 2 * (update * 64 % 100))
        }
    }

    @Test func crossesABoundaryInTwoSpansAndWraps() throws {
        let geometry = try BatchGeometry(batch: 1, sequence: 8)
        let loader = try ContiguousLoader(shards: layouts([10, 6]), geometry: geometry)
        #expect(try loader.spans(update: 1).map(\.tokens) == [8..<10, 0..<6, 0..<1])
        #expect(try loader.spans(update: 1).map(\.shard) == [0, 1, 0])
    }

    @Test func feedsEveryTokenOfAnEpochExactlyOnceAsInput() throws {
        let geometry = try BatchGeometry(batch: 2, sequence: 4, accumulation: 2, worldSize: 2)
        let loader = try ContiguousLoader(shards: layouts([64, 96, 160]), geometry: geometry)
        var seen = [[Int]](repeating: [], count: 3)
        for (index, size) in [64, 96, 160].enumerated() { seen[index] = [Int](repeating: 0, count: size) }
        for update in 0..<(320 / 32) {
            for batch in try loader.microBatches(update: update) {
                var tokens = batch.spans.flatMap { span in span.tokens.map { (span.shard, $0) } }
                tokens.removeLast()
                for (shard, token) in tokens { seen[shard][token] += 1 }
            }
        }
        #expect(seen.allSatisfy { $0.allSatisfy { $0 == 1 } })
    }

    @Test func holdsAtFifteenTrillionTokens() throws {
        let layout = (0..<1000).map {
            ShardLayout(name: "s\($0)", tokens: 15_000_000_000, headerBytes: 0, tokenWidth: 4)
        }
        let geometry = try BatchGeometry(batch: 8, sequence: 8192, worldSize: 64)
        let loader = try ContiguousLoader(shards: layout, geometry: geometry)
        let update = 3_000_000
        let first = try #require(try loader.spans(update: update).first)
        let position = update * geometry.tokensPerStep
        #expect(first.shard == position / 15_000_000_000)
        #expect(first.tokens.lowerBound == position % 15_000_000_000)
    }
}

@Suite struct LoaderAgreementTests {
    /// For every loader and many geometries: an update is in the inverse of exactly the spans it reads.
    @Test(arguments: SimpleLoaders.ids) func forwardAndInverseAgree(id: String) throws {
        var draws = Draws(state: 7)
        for _ in 0..<60 {
            let geometry = try draws.geometry(batch: 3, sequence: 2...9, accumulation: 3, worldSize: 4)
            let sizes = (0..<draws.next(1...4)).map { _ in
                geometry.tokensPerMicroStep * draws.next(1...6) + draws.next(1...40)
            }
            let limit = 40
            let loader = try SimpleLoaders.make(id: id, shards: layouts(sizes), geometry: geometry, horizon: limit)
            let shard = draws.next(0...sizes.count - 1)
            let start = draws.next(0...sizes[shard] - 1)
            let wanted = start..<min(sizes[shard], start + draws.next(1...30))
            let inverse = try loader.updates(reading: wanted, ofShard: shard, limit: limit)
            for update in 0..<limit {
                let reads = try loader.spans(update: update).contains {
                    $0.shard == shard && $0.tokens.overlaps(wanted)
                }
                #expect(
                    reads == inverse.contains { $0.contains(update) },
                    "\(id) \(geometry) \(sizes) \(shard) \(wanted) \(update)"
                )
            }
        }
    }

    /// No loader reads outside a shard, and every micro-batch has B·T + 1 tokens.
    @Test(arguments: SimpleLoaders.ids) func spansStayInsideTheirShard(id: String) throws {
        let geometry = try BatchGeometry(batch: 3, sequence: 7, accumulation: 2, worldSize: 3)
        let sizes = [64, 200, 127, 400]
        let loader = try SimpleLoaders.make(id: id, shards: layouts(sizes), geometry: geometry, horizon: 100)
        for update in 0..<100 {
            for batch in try loader.microBatches(update: update) {
                #expect(batch.spans.reduce(0) { $0 + $1.tokens.count } == 22)
                #expect(batch.spans.allSatisfy { $0.tokens.lowerBound >= 0 && $0.tokens.upperBound <= sizes[$0.shard] })
            }
        }
    }
}

@Suite struct StripedLoaderTests {
    /// Reference: 10^8-token shards, B 64, T 1024, 8 ranks: 190 batches on ranks 0–5, 189 on ranks 6 and 7.
    @Test func ranksDriftApart() throws {
        let geometry = try BatchGeometry(batch: 64, sequence: 1024, worldSize: 8)
        let loader = try StripedLoader(shards: layouts([100_000_000, 100_000_000]), geometry: geometry)
        let before = try loader.spans(update: 189)
        #expect(before.map(\.shard) == [0, 0, 0, 0, 0, 0, 1, 1])
        #expect(try loader.spans(update: 190).allSatisfy { $0.shard == 1 })
        #expect(try loader.spans(update: 190)[6].tokens.lowerBound == 8 * 65536 + 6 * 65536)
    }

    @Test func dropsTheTail() throws {
        let geometry = try BatchGeometry(batch: 8, sequence: 64)
        let loader = try StripedLoader(shards: layouts([90_000, 90_000]), geometry: geometry)
        #expect(try loader.spans(update: 174).first?.tokens == 174 * 512..<175 * 512 + 1)
        #expect(try loader.spans(update: 175).first?.shard == 1)
    }
}

@Suite struct LlmcLoaderTests {
    /// Test vectors of the reference: seed 42 and 43, five shards of eight samples.
    @Test func shuffledOrderMatchesTheVectors() throws {
        let geometry = try BatchGeometry(batch: 1, sequence: 4, worldSize: 2)
        let loader = try LlmcShuffledLoader(
            shards: layouts([Int](repeating: 8 * 8 + 1, count: 5)),
            geometry: geometry,
            horizon: 80
        )
        func samples(rank: Int, _ range: Range<Int>) throws -> [Int] {
            try range.map { try loader.spans(update: $0)[rank].tokens.lowerBound / 8 }
        }
        func order(rank: Int) throws -> [Int] {
            try (0..<5).map { try loader.spans(update: $0 * 8)[rank].shard }
        }
        #expect(try order(rank: 0) == [4, 0, 1, 3, 2])
        #expect(try samples(rank: 0, 0..<8) == [1, 0, 6, 7, 5, 4, 3, 2])
        #expect(try samples(rank: 0, 8..<16) == [3, 4, 2, 5, 1, 0, 7, 6])
        #expect(try order(rank: 1) == [4, 1, 2, 0, 3])
        #expect(try samples(rank: 1, 0..<8) == [7, 2, 6, 4, 1, 0, 3, 5])
        #expect(try samples(rank: 1, 8..<16) == [6, 1, 5, 0, 7, 4, 3, 2])
    }

    @Test func ranksDoNotDrift() throws {
        let geometry = try BatchGeometry(batch: 64, sequence: 1024, worldSize: 8)
        let loader = try LlmcLoader(shards: layouts([100_000_000, 100_000_000]), geometry: geometry)
        #expect(try loader.spans(update: 189).allSatisfy { $0.shard == 0 })
        #expect(try loader.spans(update: 190).allSatisfy { $0.shard == 1 })
    }
}

@Suite struct DataOrderErrorTests {
    @Test func impossibleConfigurationsNameTheKey() throws {
        #expect(
            throws: DataOrderError.invalid(key: "order.worldSize", found: "0", expected: "a whole number of at least 1")
        ) {
            try BatchGeometry(batch: 1, sequence: 1, worldSize: 0)
        }
        #expect(throws: DataOrderError.self) { try BatchGeometry(batch: .max, sequence: 2) }
        let geometry = try BatchGeometry(batch: 64, sequence: 1024)
        for id in SimpleLoaders.ids {
            #expect(throws: DataOrderError.self) {
                try SimpleLoaders.make(id: id, shards: layouts([1000]), geometry: geometry, horizon: 10)
            }
        }
        #expect(throws: DataOrderError.self) {
            try SimpleLoaders.make(id: "nanogpt", shards: layouts([1_000_000]), geometry: geometry, horizon: 10)
        }
    }

    @Test func aStepFarBeyondTheRunIsRefusedWithoutOverflow() throws {
        let geometry = try BatchGeometry(batch: 8, sequence: 64)
        for id in SimpleLoaders.ids {
            let loader = try SimpleLoaders.make(id: id, shards: layouts([90_000]), geometry: geometry, horizon: 10)
            #expect(throws: DataOrderError.self) { try loader.microBatches(update: .max) }
            #expect(throws: DataOrderError.self) { try loader.microBatches(update: -1) }
        }
    }

    @Test func bytesAndTokensConvertBothWays() {
        let shard = ShardLayout(name: "a", tokens: 100, headerBytes: 1024, tokenWidth: 2)
        #expect(shard.bytes(of: 3..<7) == 1030..<1038)
        #expect(shard.tokens(touching: 1030..<1038) == 3..<7)
        #expect(shard.tokens(touching: 1031..<1037) == 3..<7)
        #expect(shard.tokens(touching: 0..<1024).isEmpty)
        #expect(shard.tokens(touching: 0..<5000) == 0..<100)
    }
}
