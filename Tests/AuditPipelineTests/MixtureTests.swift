import AuditPipeline
import DataOrder
import Diagnosis
import Reporting
import Terms
import Testing

/// What a run was fed: groups of shards, windows, passes.
@Suite struct MixtureTests {
    static func shards(_ names: [String], tokens: Int = 10_000) -> [ShardLayout] {
        names.map { ShardLayout(name: $0, tokens: tokens, headerBytes: 0, tokenWidth: 2) }
    }

    // MARK: Names

    @Test(arguments: [
        (["fineweb_train_000001.bin", "fineweb_train_000042.bin"], ["fineweb_train", "fineweb_train"]),
        (["wiki/train_01.bin", "code/train_01.bin", "code/train_02.bin"], ["wiki", "code", "code"]),
        (["a/wiki_1.bin", "b/code_1.bin"], ["a/wiki", "b/code"]),
        (["shard.00000.mds", "shard.00001.mds.zstd"], ["shard", "shard"]),
        (["chunk-0-0.bin", "chunk-1-12.bin"], ["chunk", "chunk"]),
        (["part-00000-of-00008.parquet", "part-00007-of-00008.parquet"], ["part", "part"]),
        (["part-00000-4f3e-c000.snappy.parquet", "part-00001-9a1b-c000.snappy.parquet"], ["part", "part"]),
        (["wiki.bin", "code.bin"], ["wiki", "code"]),
        (
            ["llama-2_0001.bin", "llama-2_0002.bin", "llama-3_0001.bin", "llama-3_0002.bin"],
            ["llama-2", "llama-2", "llama-3", "llama-3"]
        ),
        (["0001.bin", "0002.bin"], ["shards", "shards"]),
        (["0001_books.bin", "0002_books.bin", "0003_code.bin"], ["books", "books", "code"]),
    ])
    func sourcesAreReadFromNames(names: [String], sources: [String]) {
        #expect(SourceNames.of(names) == sources)
    }

    @Test func anyListOfShardsHasAtMostTwelveGroupsThatHoldEachShardOnce() {
        var draws = Draws(seed: 7)
        let words = ["wiki", "code", "books/x", "cc-2023", "a1", "", "été", "x/y/z"]
        for _ in 0..<300 {
            let count = draws.below(90) + 1
            let names = (0..<count).map { index in
                "\(words[draws.below(words.count)])_\(draws.below(40))-\(index).bin"
            }
            let layouts = Self.shards(names, tokens: draws.below(1000))
            let bands = MixtureBands(layouts)
            #expect(bands == MixtureBands(layouts))
            #expect((1...MixtureBands.limit).contains(bands.names.count))
            #expect(bands.sizes.reduce(0, +) == layouts.reduce(0) { $0 + $1.tokens })
            if count > 1 { #expect(bands.shards.reduce(0, +) == count) }
            #expect(bands.names.count == bands.shards.count && bands.names.count == bands.sizes.count)
            #expect(SourceNames.of(names.reversed()) == SourceNames.of(names).reversed(), "the order does not matter")
        }
    }

    // MARK: Windows

    @Test(arguments: ["contiguous", "build-nanogpt", "llm.c-shuffled", "llm.c"])
    func windowsAddUpToAllTokensRead(id: String) throws {
        var draws = Draws(seed: 11)
        for _ in 0..<25 {
            let geometry = try BatchGeometry(
                batch: draws.below(4) + 1,
                sequence: 8 * (draws.below(4) + 1),
                accumulation: draws.below(3) + 1,
                worldSize: draws.below(3) + 1
            )
            let names = (0...draws.below(20)).map { "set\(draws.below(3))/part_\($0).bin" }
            let updates = draws.below(700) + 1
            let loader = try MixtureLoaders.make(
                id: id,
                shards: Self.shards(names),
                geometry: geometry,
                horizon: updates
            )
            let map = DataMap(loader: loader, loaderID: id, stepBase: 1, updates: updates)
            let mixture = try #require(MixtureStage.mixture(map, steps: 1...updates, order: OrderOptions()))
            let total = updates * geometry.tokensPerStep
            let read = mixture.report.windows.reduce(0) { $0 + ($1.read ?? []).reduce(0, +) }
            #expect(mixture.report.mappedSteps == updates && read == total)
            #expect(mixture.report.sources.reduce(0) { $0 + $1.read } == total)
            #expect(abs(mixture.report.sources.reduce(0) { $0 + $1.share.value } - 1) < 0.01)
            #expect(mixture.report.windows.count <= MixtureCount.windowLimit)
            #expect(mixture.report.windows.first?.firstStep == 1 && mixture.report.windows.last?.lastStep == updates)
        }
    }

    @Test func aShardThatIsReadTwiceHasTwoPasses() throws {
        let geometry = try BatchGeometry(batch: 4, sequence: 25)
        let loader = try ContiguousLoader(shards: Self.shards(["a_1.bin", "a_2.bin", "a_3.bin"]), geometry: geometry)
        let map = DataMap(loader: loader, loaderID: "contiguous", stepBase: 0, updates: 400)
        let report = try #require(MixtureStage.mixture(map, steps: 0...399, order: OrderOptions())).report
        #expect(report.grouping == .shard)
        #expect(report.sources.map(\.passes?.value) == [2, 1, 1])
        #expect(report.repetitions == [.init(shard: "a_1.bin", passes: 2)])
    }

    @Test func oneShardIsCutIntoPartsInItsOrder() throws {
        let geometry = try BatchGeometry(batch: 4, sequence: 25)
        let loader = try ContiguousLoader(shards: Self.shards(["train.bin"], tokens: 80_000), geometry: geometry)
        let map = DataMap(loader: loader, loaderID: "contiguous", stepBase: 0, updates: 800)
        let report = try #require(MixtureStage.mixture(map, steps: 0...799, order: OrderOptions())).report
        #expect(report.grouping == .part && report.sources.count == 8 && report.changes.isEmpty)
        let first = try #require(report.windows.first?.read)
        #expect(first[0] > 0 && first[1...].allSatisfy { $0 == 0 })
        #expect(report.sources.allSatisfy { abs(($0.passes?.value ?? 0) - 1) < 0.02 })
    }

    @Test func aLongRunIsSampledAndCostsNoMoreThanAShortOne() throws {
        let geometry = try BatchGeometry(batch: 8, sequence: 1024, accumulation: 4, worldSize: 8)
        let layouts = Self.shards((0..<3000).map { "\($0 < 1500 ? "wiki" : "code")_\($0).bin" }, tokens: 100_000_000)
        let loader = try ContiguousLoader(shards: layouts, geometry: geometry)
        let map = DataMap(loader: loader, loaderID: "contiguous", stepBase: 1, updates: 1_140_000)
        let start = ContinuousClock.now
        let report = try #require(MixtureStage.mixture(map, steps: 1...1_140_000, order: OrderOptions())).report
        #expect(ContinuousClock.now - start < .seconds(20))
        #expect(report.mappedSteps <= MixtureCount.stepLimit && report.windows.count <= MixtureCount.windowLimit)
        #expect(abs((report.sources[0].passes?.value ?? 0) - 1) < 0.01)
        #expect(report.changes.count == 1)
        let step = 1 + 150_000_000_000 / geometry.tokensPerStep
        #expect(abs((report.changes.first?.step ?? 0) - step) <= report.windowSteps)
    }

    @Test func whatIsNotKnownIsNotDrawn() throws {
        let geometry = try BatchGeometry(batch: 4, sequence: 25)
        let loader = try ContiguousLoader(shards: Self.shards(["a_1.bin", "b_1.bin"]), geometry: geometry)
        var map = DataMap(loader: loader, loaderID: "contiguous", stepBase: 0, updates: 200)
        map.doubt = DataMap.Doubt(step: 100, reason: "no")
        let report = try #require(MixtureStage.mixture(map, steps: 0...199, order: OrderOptions())).report
        #expect(
            report.windows[..<100].allSatisfy { $0.read != nil } && report.windows[100...].allSatisfy { $0.read == nil }
        )
        #expect(report.changes.isEmpty)
        map.doubt = DataMap.Doubt(step: 0, reason: "no")
        #expect(MixtureStage.mixture(map, steps: 0...199, order: OrderOptions()) == nil)
        #expect(MixtureStage.mixture(map, steps: 5_000...6_000, order: OrderOptions()) == nil)
        #expect(MixtureStage.mixture(map, steps: Int.min...Int.max, order: OrderOptions()) == nil)
    }

    // MARK: Configured shares

    @Test func aBlendNamesItsDataSetsAndWeights() throws {
        var order = OrderOptions()
        order.blend = [.init(data: "x_1", weight: 2), .init(data: "x_2", weight: 1), .init(data: "x_1", weight: 1)]
        let geometry = try BatchGeometry(batch: 4, sequence: 25)
        let layouts = Self.shards(["x_1.bin", "x_2.bin", "x_1.bin"])
        let loader = try ContiguousLoader(shards: layouts, geometry: geometry)
        let map = DataMap(loader: loader, loaderID: "megatron", stepBase: 0, updates: 300)
        let report = try #require(MixtureStage.mixture(map, steps: 0...299, order: order)).report
        #expect(report.sources.map(\.name) == ["x_1", "x_2"])
        #expect(report.sources.map(\.configuredShare?.value) == [0.75, 0.25])
        #expect(report.sources.map(\.passes?.value) == [1, 1])
        order.blend = order.blend.map { .init(data: $0.data) }
        let bare = try #require(MixtureStage.mixture(map, steps: 0...299, order: order))
        #expect(bare.facts == nil && bare.report.sources.allSatisfy { $0.configuredShare == nil })
    }

    @Test func streamsAreComparedWithTheirProportions() throws {
        var order = OrderOptions()
        var wiki = OrderOptions.Stream(directory: "wiki")
        var code = OrderOptions.Stream(directory: "code")
        (wiki.proportion, code.proportion) = (3, 1)
        order.streams = [wiki, code]
        let geometry = try BatchGeometry(batch: 4, sequence: 25)
        let layouts = Self.shards(["code/shard.0.mds", "wiki/shard.0.mds"])
        let loader = try ContiguousLoader(shards: layouts, geometry: geometry)
        let map = DataMap(loader: loader, loaderID: "contiguous", stepBase: 0, updates: 200)
        let mixture = try #require(MixtureStage.mixture(map, steps: 0...199, order: order))
        #expect(mixture.report.sources.map(\.name) == ["code", "wiki"])
        #expect(mixture.report.sources.map(\.configuredShare?.value) == [0.25, 0.75])
        #expect(mixture.facts?.key == "order.streams" && (mixture.facts?.draws ?? 0) > 10)
    }
}

/// Loaders that shard sizes and geometry alone describe.
enum MixtureLoaders {
    static func make(
        id: String,
        shards: [ShardLayout],
        geometry: BatchGeometry,
        horizon: Int
    ) throws -> any Loader {
        var options = OrderOptions()
        options.batch = geometry.batch
        options.sequence = geometry.sequence
        options.accumulation = geometry.accumulation
        options.worldSize = geometry.worldSize
        var inputs = LoaderInputs(options: options, files: OnlyShards(shards: shards))
        inputs.updates = horizon
        return try LoaderRule.named(id).make(&inputs)
    }
}

/// A run of which only the token shards are there.
private struct OnlyShards: LoaderFiles {
    var shards: [ShardLayout]

    var names: [String] { shards.map(\.name) }
    func tokenShards() -> [ShardLayout] { shards }
    func validationShard() -> ShardLayout? { nil }
    func rowGroups(ofShard name: String) throws(DataOrderError) -> [ShardLayout.Piece] { throw absent(name) }
    func documentLengths(of shards: [ShardLayout]) throws(DataOrderError) -> NanochatLengths { throw absent("text") }
    func tokens(_ range: Range<Int>, of shard: ShardLayout) throws(DataOrderError) -> [Int32] {
        throw absent(shard.name)
    }
    func path(ofShard name: String) throws -> String { throw absent(name) }
    func resolve(_ path: String) -> String { path }
    func isFolder(_ path: String) -> Bool? { nil }
    func names(inFolder path: String) -> [String] { [] }
    func beginningsOfLogs(bytes: Int) -> [(log: String, text: String)] { [] }
    func open(_ path: String) throws -> any LoaderFile { throw absent(path) }

    private func absent(_ name: String) -> DataOrderError { .missing(key: name, reason: "there are no files") }
}

/// Random numbers, the same in every run.
struct Draws {
    private var state: UInt64

    init(seed: UInt64) { state = seed &* 0x9E37_79B9_7F4A_7C15 | 1 }

    mutating func next() -> UInt64 {
        state ^= state << 13
        state ^= state >> 7
        state ^= state << 17
        return state
    }

    mutating func below(_ end: Int) -> Int { Int(next() % UInt64(max(1, end))) }

    mutating func unit() -> Double { Double(next() >> 11) * 0x1p-53 }
}
