import DataOrder
import Foundation
import Terms
import Testing

/// What the real loaders fed, recorded once by running them on small shards; see Fixtures/README.md.
struct RecordedCase: Decodable, CustomTestStringConvertible {
    struct Options: Decodable {
        var variant, version, unit, algorithm: String?
        var fixedBatch, shuffle, dropLast, bias: Bool?
        var seed, nodes, canonicalNodes, workers, blockSize, window, horizonMicroSteps, longest: Int?
        var layers, width, vocabulary, evaluationInterval, evaluationBatches, validationTokens: Int?
        var split: [Int]?
        var samples, rowGroup, bufferDocuments, tokenizerBatch: Int?
        var resume: [Int]?
        var positions: [[Int]]?
        var starts: [[Int]]?
    }

    var loader: String
    var shards: [Int]
    /// Batch, sequence, accumulation, ranks.
    var geometry: [Int]
    var options: Options
    /// For each update, micro-step and rank: the runs of consecutive tokens it read, as first, end, first, end, …
    var reads: [[Int]]
    /// Of documents: their lengths.
    var documents: [[Int]]

    private enum CodingKeys: String, CodingKey { case loader, shards, geometry, options, reads }
    private enum LengthKeys: String, CodingKey { case lengths }

    init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        loader = try values.decode(String.self, forKey: .loader)
        shards = try values.decode([Int].self, forKey: .shards)
        geometry = try values.decode([Int].self, forKey: .geometry)
        options = try values.decode(Options.self, forKey: .options)
        reads = try values.decode([[Int]].self, forKey: .reads)
        let nested = try values.nestedContainer(keyedBy: LengthKeys.self, forKey: .options)
        documents =
            (try? nested.decode([[Int]].self, forKey: .lengths))
            ?? (try? nested.decode([Int].self, forKey: .lengths)).map { [$0] } ?? []
    }

    var testDescription: String { "\(loader) \(options.variant ?? options.version ?? options.algorithm ?? "")" }

    static let all: [RecordedCase] = {
        let path = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .appendingPathComponent("Fixtures/loaders.json")
        do {
            return try JSONDecoder().decode([RecordedCase].self, from: Data(contentsOf: path))
        } catch {
            Issue.record("\(error)")
            return []
        }
    }()

    var batchGeometry: BatchGeometry {
        get throws {
            try BatchGeometry(
                batch: geometry[0],
                sequence: geometry[1],
                accumulation: geometry[2],
                worldSize: geometry[3]
            )
        }
    }

    var updates: Int { reads.count / geometry[2] / geometry[3] }

    var layouts: [ShardLayout] {
        shards.enumerated().map { index, count in
            let name = "shard_\(index)"
            if options.unit == "samples" {
                let pieces = (0..<count).map { ShardLayout.Piece(units: $0..<$0 + 1, bytes: $0 * 10..<$0 * 10 + 10) }
                return ShardLayout(name: name, unit: .samples, pieces: pieces)
            }
            if let size = options.rowGroup {
                let pieces = stride(from: 0, to: count, by: size).map { start in
                    ShardLayout.Piece(units: start..<min(count, start + size), bytes: start..<start + size)
                }
                return ShardLayout(name: name, unit: .documents, pieces: pieces)
            }
            return ShardLayout(name: name, tokens: count, headerBytes: 1024, tokenWidth: 2)
        }
    }

    /// The loader that is to feed the same.
    func make() throws -> any Loader {
        let geometry = try batchGeometry
        let horizon = max(1, updates)
        switch loader {
        case "nanogpt":
            let draws = try #require(
                RandomWindowLoader.Generator.draws(
                    layers: options.layers ?? 0,
                    width: options.width ?? 0,
                    vocabulary: options.vocabulary ?? 0,
                    sequence: geometry.sequence,
                    bias: options.bias ?? false
                )
            )
            let generator = RandomWindowLoader.Generator(
                drawsBefore: draws,
                evaluationInterval: options.evaluationInterval ?? 0,
                evaluationBatches: options.evaluationBatches ?? 0,
                validationTokens: options.validationTokens ?? 0
            )
            return try RandomWindowLoader(
                shard: layouts[0],
                geometry: geometry,
                generator: generator,
                horizon: horizon
            )
        case "olmo":
            let order = options.seed.map { OLMoLoader.Order.shuffled(seed: $0) } ?? .sequential
            return try OLMoLoader(shards: layouts, geometry: geometry, order: order, horizon: horizon)
        case "mosaicml":
            var settings = MosaicLoader.Options()
            settings.shuffle = options.algorithm.flatMap(MosaicShuffle.init)
            settings.nodes = options.nodes ?? 1
            settings.canonicalNodes = options.canonicalNodes
            settings.blockSize = options.blockSize
            settings.workers = options.workers ?? 1
            return try MosaicLoader(shards: layouts, geometry: geometry, options: settings, horizon: horizon)
        case "litdata":
            var settings = LitDataLoader.Options()
            settings.version = try #require(options.version.flatMap(LitDataLoader.Version.init))
            settings.shuffle = options.shuffle ?? false
            settings.dropLast = options.dropLast ?? false
            settings.workers = options.workers ?? 1
            settings.window = options.window ?? 0
            return try LitDataLoader(shards: layouts, geometry: geometry, options: settings, horizon: horizon)
        case "megatron":
            let lengths = documents[0]
            var starts = [0]
            for length in lengths { starts.append(starts[starts.count - 1] + length) }
            let split = try #require(options.split)
            let index = try MegatronIndex.built(
                documentStarts: starts,
                split: split[0]..<split[1],
                samples: options.samples ?? 0,
                sequence: geometry.sequence,
                seed: options.seed ?? 0
            )
            return try MegatronLoader(shard: layouts[0], ramp: BatchRamp(geometry), index: index)
        case "nanochat":
            var process = NanochatProcess(update: 0)
            if let resume = options.resume, resume.count == 3 {
                process.resumed = NanochatPosition(
                    update: 0,
                    epoch: resume[0],
                    file: resume[1],
                    rowGroup: resume[2]
                )
            }
            let size = options.rowGroup ?? 1
            let documents = documents
            return try NanochatLoader(
                shards: layouts,
                geometry: geometry,
                variant: try #require(options.variant.flatMap(NanochatVariant.init)),
                bufferDocuments: max(1, options.bufferDocuments ?? 1),
                tokenizerBatch: options.tokenizerBatch ?? 128,
                processes: [process],
                horizon: horizon,
                lengths: { file, group in
                    documents[file].dropFirst(group * size).prefix(size).map { Int32($0) }
                }
            )
        case "modded-nanogpt":
            switch options.variant {
            case "fixed-batch": return try ModdedLoader(shards: layouts, geometry: geometry)
            case "per-rank": return try StripedLoader(shards: layouts, geometry: geometry)
            case "per-rank-2024-12": return try StripedLoader(shards: layouts, geometry: geometry, spareTokens: 1)
            default:
                let starts = try #require(options.starts)
                return try ModdedDocumentLoader(
                    shards: layouts,
                    stages: BatchRamp(geometry),
                    variant: try #require(options.variant.flatMap(ModdedDocumentLoader.Variant.init)),
                    longest: { _ in options.longest ?? 1 << 20 },
                    horizon: horizon,
                    starts: { starts[$0] }
                )
            }
        default:
            let base = try SimpleLoaders.make(id: loader, shards: layouts, geometry: geometry, horizon: horizon)
            return options.fixedBatch == true ? FixedBatchLoader(base) : base
        }
    }

    /// The spans of a micro-batch in the numbering of the recording: places in all shards together, or file, document,
    /// first and end token of each document.
    func recorded(_ batch: MicroBatch) -> [Int] {
        if options.rowGroup != nil {
            return batch.spans.flatMap { span -> [Int] in
                let range = span.documentTokens ?? 0..<0
                return [span.shard, span.tokens.lowerBound, range.lowerBound, range.upperBound]
            }
        }
        var starts = [0]
        for count in shards { starts.append(starts[starts.count - 1] + count) }
        return batch.spans.flatMap {
            [starts[$0.shard] + $0.tokens.lowerBound, starts[$0.shard] + $0.tokens.upperBound]
        }
    }
}

/// Joins runs that follow each other: recordings do not tell where a span ends when the next goes on.
private func joinedRuns(_ runs: [Int]) -> [Int] {
    var result: [Int] = []
    for index in stride(from: 0, to: runs.count - 1, by: 2) {
        if let last = result.last, last == runs[index] {
            result[result.count - 1] = runs[index + 1]
        } else {
            result += [runs[index], runs[index + 1]]
        }
    }
    return result
}

@Suite struct RecordedLoaderTests {
    @Test(arguments: RecordedCase.all) func feedsWhatTheRealLoaderFed(recording: RecordedCase) throws {
        let loader = try recording.make()
        let perUpdate = recording.geometry[2] * recording.geometry[3]
        for update in 0..<recording.updates {
            let batches = try loader.microBatches(update: update)
            let expected = recording.reads[update * perUpdate..<(update + 1) * perUpdate]
            for (batch, reads) in zip(batches, expected) {
                let isDocuments = recording.options.rowGroup != nil
                let found = recording.recorded(batch)
                try #require(
                    isDocuments ? found == reads : joinedRuns(found) == joinedRuns(reads),
                    "update \(update) micro-step \(batch.microStep) rank \(batch.rank)"
                )
            }
            #expect(batches.count == perUpdate)
        }
    }

    /// The inverse of every span that was fed holds the update, and no other update.
    @Test(arguments: RecordedCase.all) func inverseAgrees(recording: RecordedCase) throws {
        let loader = try recording.make()
        let limit = min(recording.updates, 12)
        for shard in loader.shards.indices {
            let size = loader.shards[shard].tokens
            let wanted = size / 3..<min(size, size / 3 + 7)
            let found = try loader.updates(reading: wanted, ofShard: shard, limit: limit)
            for update in 0..<limit {
                let reads = try loader.spans(update: update).contains {
                    $0.shard == shard && $0.tokens.overlaps(wanted)
                }
                #expect(reads == found.contains { $0.contains(update) }, "shard \(shard) update \(update)")
            }
        }
    }

    /// What was recorded is of loaders that there are, and of all that this test can make.
    @Test func recordingsAreOfKnownLoaders() {
        let recorded = Set(RecordedCase.all.map(\.loader))
        #expect(recorded.subtracting(LoaderRule.all.map(\.id)) == [])
        #expect(recorded.count >= 11)
    }
}
