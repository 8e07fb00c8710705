import DataOrder
import Foundation
import Terms
import Testing

private func fixture<Value: Decodable>(_ name: String, _ type: Value.Type) throws -> Value {
    let path = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent(
        "Fixtures/\(name).json"
    )
    return try JSONDecoder().decode(type, from: Data(contentsOf: path))
}

extension BatchGeometry {
    fileprivate init(_ numbers: [Int]) throws {
        try self.init(batch: numbers[0], sequence: numbers[1], accumulation: numbers[2], worldSize: numbers[3])
    }
}

/// Blends of Megatron-LM against what its own builder made of real `.bin` and `.idx` files.
@Suite struct MegatronBlendTests {
    private struct Recording: Decodable {
        struct Case: Decodable {
            var dataSets: [Int]
            var weights: [Double]?
            var samples, sequence, seed, length: Int
            var split: String
            var geometry: [Int]
            var reads: [[Int]]
        }
        /// Tokens of each document of each data set; data set d numbers its tokens from 100 000 · d on.
        var lengths: [[Int]]
        var cases: [Case]
    }

    private func loader(_ recorded: Recording.Case, _ lengths: [[Int]]) throws -> MegatronLoader {
        let request = try recorded.weights.map { try MegatronBlend.request(weights: $0, samples: recorded.samples) }
        let share = recorded.split == "1" ? 1 : 0.9
        var shards: [ShardLayout] = []
        var indexes: [MegatronIndex] = []
        for (place, set) in recorded.dataSets.enumerated() {
            var starts = [0]
            for length in lengths[set] { starts.append(starts[starts.count - 1] + length) }
            shards.append(
                ShardLayout(name: "\(set)", tokens: starts[starts.count - 1], headerBytes: 0, tokenWidth: 4)
            )
            indexes.append(
                try MegatronIndex.built(
                    documentStarts: starts,
                    split: 0..<Int((share * Double(lengths[set].count)).rounded(.toNearestOrEven)),
                    samples: request?.built[place],
                    sequence: recorded.sequence,
                    seed: recorded.seed
                )
            )
        }
        let sizes = indexes.map(\.order.count)
        let count = request?.taken.reduce(0, +) ?? min(recorded.samples, sizes.reduce(0, +))
        #expect(count == recorded.length)
        let blend = try MegatronBlend.weighted(request?.shares ?? sizes.map(Double.init), count: count, sizes: sizes)
        let geometry = try BatchGeometry(recorded.geometry)
        return try MegatronLoader(shards: shards, ramp: BatchRamp(geometry), indexes: indexes, blend: blend)
    }

    @Test func everyBlendFeedsWhatMegatronFed() throws {
        let recording = try fixture("megatron-blends", Recording.self)
        #expect(recording.cases.count == 6)
        for recorded in recording.cases {
            let loader = try loader(recorded, recording.lengths)
            let perUpdate = recorded.geometry[2] * recorded.geometry[3]
            for update in 0..<recorded.reads.count / perUpdate {
                for (index, batch) in try loader.microBatches(update: update).enumerated() {
                    // Tokens one by one: a recording does not tell where a document ends and the next goes on.
                    let fed = batch.spans.flatMap { span in
                        span.tokens.map { 100_000 * recorded.dataSets[span.shard] + $0 }
                    }
                    let runs = recorded.reads[update * perUpdate + index]
                    let real = stride(from: 0, to: runs.count, by: 2).flatMap { runs[$0]..<runs[$0 + 1] }
                    try #require(fed == real, "blend \(recorded.dataSets) update \(update) micro-batch \(index)")
                }
            }
        }
    }

    @Test func theInverseOfABlendAgrees() throws {
        let recording = try fixture("megatron-blends", Recording.self)
        let loader = try loader(recording.cases[1], recording.lengths)
        for shard in loader.shards.indices {
            let found = try loader.updates(reading: 50..<60, ofShard: shard, limit: 10)
            for update in 0..<10 {
                let reads = try loader.spans(update: update).contains {
                    $0.shard == shard && $0.tokens.overlaps(50..<60)
                }
                #expect(reads == found.contains { $0.contains(update) })
            }
        }
    }

    /// All samples of each data set, each once and none twice.
    @Test func anExhaustiveBlendTakesEverySampleOnce() throws {
        let blend = try MegatronBlend.exhaustive(sizes: [5, 17, 1])
        let pairs = zip(blend.dataSets, blend.samples).map { [Int($0), Int($1)] }
        #expect(Set(pairs).count == 23 && pairs.count == 23)
        for set in 0..<3 { #expect(pairs.filter { $0[0] == set }.map { $0[1] } == Array(0..<[5, 17, 1][set])) }
    }

    @Test func whatCannotBeBlendedIsRefused() {
        #expect(throws: DataOrderError.self) { try MegatronBlend.request(weights: [1, -1], samples: 10) }
        #expect(throws: DataOrderError.self) { try MegatronBlend.request(weights: [], samples: 10) }
        #expect(throws: DataOrderError.self) { try MegatronBlend.weighted([1, 1], count: 10, sizes: [2, 20]) }
        #expect(throws: DataOrderError.self) { try MegatronBlend.weighted([1], count: .max, sizes: [2]) }
        #expect(throws: DataOrderError.self) { try MegatronBlend.exhaustive(sizes: [.max, .max]) }
    }
}

/// Several streams of MosaicML's StreamingDataset against its own work lists over real MDS files.
@Suite struct MosaicStreamTests {
    private struct Case: Decodable {
        struct Stream: Decodable {
            var shards: [Int]
            var proportion, `repeat`: Double?
            var choose: Int?
        }
        var streams: [Stream]
        var geometry: [Int]
        var nodes, workers, granularity: Int
        var shuffle: String?
        var canonicalNodes, blockSize, epochSize: Int?
        var batching, sampling: String
        /// For each update, micro-step and rank the samples, counted over all shards.
        var reads: [[Int]]
    }

    private func loader(_ recorded: Case, horizon: Int) throws -> MosaicLoader {
        var options = MosaicLoader.Options()
        options.shuffle = recorded.shuffle.flatMap(MosaicShuffle.init)
        options.nodes = recorded.nodes
        options.canonicalNodes = recorded.canonicalNodes
        options.blockSize = recorded.blockSize
        options.workers = recorded.workers
        options.epochSize = recorded.epochSize
        options.batching = try #require(MosaicLoader.Batching(rawValue: recorded.batching))
        options.isBalanced = recorded.sampling == "balanced"
        options.granularity = recorded.granularity
        var shards: [ShardLayout] = []
        for stream in recorded.streams {
            let weight =
                stream.proportion.map(MosaicStream.Weight.proportion)
                ?? stream.repeat.map(MosaicStream.Weight.repetition) ?? stream.choose.map(MosaicStream.Weight.choose)
            let range = shards.count..<shards.count + stream.shards.count
            options.streams.append(MosaicStream(shards: range, weight: weight ?? .unspecified))
            for count in stream.shards {
                let pieces = (0..<count).map { ShardLayout.Piece(units: $0..<$0 + 1, bytes: 8 * $0..<8 * $0 + 8) }
                shards.append(ShardLayout(name: "s\(shards.count)", unit: .samples, pieces: pieces))
            }
        }
        return try MosaicLoader(
            shards: shards,
            geometry: BatchGeometry(recorded.geometry),
            options: options,
            horizon: horizon
        )
    }

    @Test func everyBatchIsOfTheSamplesThatStreamingFed() throws {
        let cases = try fixture("mosaic-streams", [Case].self)
        #expect(cases.count == 16)
        for (number, recorded) in cases.enumerated() {
            let perUpdate = recorded.geometry[2] * recorded.geometry[3]
            let updates = recorded.reads.count / perUpdate
            let loader = try loader(recorded, horizon: updates)
            var starts = [0]
            for shard in loader.shards { starts.append(starts[starts.count - 1] + shard.tokens) }
            for update in 0..<updates {
                for (index, batch) in try loader.microBatches(update: update).enumerated() {
                    let fed = batch.spans.map { starts[$0.shard] + $0.tokens.lowerBound }
                    let real = recorded.reads[update * perUpdate + index]
                    try #require(fed == real, "case \(number) \(recorded.batching) update \(update) batch \(index)")
                }
            }
        }
    }

    @Test func streamsThatContradictAreRefused() throws {
        let shards = [ShardLayout(name: "a", tokens: 900, headerBytes: 0, tokenWidth: 4)]
        let geometry = try BatchGeometry(batch: 2, sequence: 8)
        func make(_ change: (inout MosaicLoader.Options) -> Void) throws -> MosaicLoader {
            var options = MosaicLoader.Options()
            change(&options)
            return try MosaicLoader(shards: shards, geometry: geometry, options: options, horizon: 3)
        }
        #expect(throws: DataOrderError.self) { try make { $0.streams = [MosaicStream(shards: 0..<2)] } }
        #expect(throws: DataOrderError.self) {
            try make { $0.streams = [MosaicStream(shards: 0..<1, weight: .choose(0))] }
        }
        #expect(throws: DataOrderError.self) {
            try make {
                $0.streams = [MosaicStream(shards: 0..<1, weight: .repetition(2))]
                $0.epochSize = 10
            }
        }
        #expect(throws: DataOrderError.self) {
            try make {
                $0.streams = [
                    MosaicStream(shards: 0..<1, weight: .proportion(2)),
                    MosaicStream(shards: 0..<1, weight: .choose(2)),
                ]
            }
        }
        #expect(throws: DataOrderError.self) { try make { $0.granularity = 0 } }
    }
}

/// litdata on several nodes against its own shares of real versions.
@Suite struct LitDataNodeTests {
    private struct Case: Decodable {
        var version: String
        var chunks, geometry, chunkBytes: [Int]
        var shuffle, dropLast: Bool
        var nodes, workers, cacheBytes, window: Int
        /// For each update, micro-step and rank the items, counted over all chunks.
        var reads: [[Int]]
    }

    @Test func everyRankFeedsTheItemsThatLitDataDealt() throws {
        let cases = try fixture("litdata-nodes", [Case].self)
        #expect(cases.count == 10)
        for (number, recorded) in cases.enumerated() {
            var options = LitDataLoader.Options()
            options.version = try #require(LitDataLoader.Version(rawValue: recorded.version))
            options.shuffle = recorded.shuffle
            options.dropLast = recorded.dropLast
            options.workers = recorded.workers
            options.nodes = recorded.nodes
            options.window = recorded.window
            options.chunkBytes = recorded.chunkBytes
            options.cacheBytes = recorded.cacheBytes
            let shards = recorded.chunks.enumerated().map { index, count in
                ShardLayout(
                    name: "c\(index)",
                    unit: .samples,
                    pieces: (0..<count).map { .init(units: $0..<$0 + 1, bytes: 8 * $0..<8 * $0 + 8) }
                )
            }
            let perUpdate = recorded.geometry[2] * recorded.geometry[3]
            let updates = recorded.reads.count / perUpdate
            let loader = try LitDataLoader(
                shards: shards,
                geometry: BatchGeometry(recorded.geometry),
                options: options,
                horizon: updates
            )
            var starts = [0]
            for shard in shards { starts.append(starts[starts.count - 1] + shard.tokens) }
            for update in 0..<updates {
                for (index, batch) in try loader.microBatches(update: update).enumerated() {
                    let fed = batch.spans.map { starts[$0.shard] + $0.tokens.lowerBound }
                    let real = recorded.reads[update * perUpdate + index]
                    try #require(
                        fed == real,
                        "case \(number), litdata \(recorded.version), update \(update) batch \(index)"
                    )
                }
            }
        }
    }
}
