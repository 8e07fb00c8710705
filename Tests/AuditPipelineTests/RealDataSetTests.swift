import AuditPipeline
import DataOrder
import Foundation
import Shards
import Terms
import Testing

/// Data sets and order files that the real packages wrote, read through the configuration; see Fixtures/README.md.
@Suite struct RealDataSetTests {
    /// The files of one data set, in the shards' folder and beside it.
    private func scratch(_ folder: String, order: String, steps: Int) throws -> Scratch {
        let path = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .appendingPathComponent("Fixtures/real-files.json")
        let files = try JSONDecoder().decode([String: String].self, from: Data(contentsOf: path))
        let scratch = try Scratch()
        for (name, text) in files where name.hasPrefix(folder + "/") {
            let place = (name.contains("/cache/") ? "" : "data/") + name.dropFirst(folder.count + 1)
            try scratch.write(String(place), "")
            try #require(Data(base64Encoded: text)).write(to: URL(fileURLWithPath: scratch.path + "/" + place))
        }
        try scratch.write(
            "audit.yaml",
            """
            run: real
            shards: {directory: data}
            training: {steps: \(steps)}
            order: {\(order)}
            """
        )
        return scratch
    }

    private func map(_ scratch: Scratch) async throws -> DataMap {
        let configuration = try ConfigurationReader.read(path: scratch.path + "/audit.yaml")
        let inventory = try await VerifyStage.run(
            configuration,
            level: .structure,
            workers: 1,
            progress: SilentProgress()
        )
        let outcome = LoaderMapping.run(configuration, inventory: inventory, history: nil)
        return try #require(outcome.map, "\(outcome.reason ?? "")")
    }

    /// The bytes that a span names.
    private func bytes(_ span: DataSpan, _ scratch: Scratch) throws -> [UInt8] {
        let data = try Data(contentsOf: URL(fileURLWithPath: scratch.path + "/data/" + span.name))
        try #require(span.bytes.upperBound <= data.count)
        return Array(data)[span.bytes].map { $0 }
    }

    private func numbers(_ bytes: [UInt8]) -> [Int] {
        stride(from: 0, to: bytes.count - 3, by: 4).map { start in
            bytes[start..<start + 4].reversed().reduce(0) { $0 << 8 | Int($1) }
        }
    }

    private static let blend =
        "loader: megatron, batch: 2, sequence: 16, worldSize: 2, accumulation: 2, split: \"90,10,0\", "
        + "blend: [{data: wiki, weight: 0.2}, {data: books, weight: 0.5}, {data: code, weight: 0.3}]"

    /// What is built anew is what Megatron-LM wrote into its caches, and the bytes hold the tokens.
    @Test func megatronCachesAgreeWithWhatIsBuilt() async throws {
        let built = try scratch("megatron", order: Self.blend, steps: 6)
        let cached = try scratch("megatron", order: Self.blend + ", state: cache", steps: 6)
        let (first, second) = (try await map(built), try await map(cached))
        let bases = ["wiki.bin": 0, "books.bin": 100_000, "code.bin": 200_000]
        for step in 0..<6 {
            let spans = try first.microBatches(step: step).flatMap(\.spans)
            #expect(try spans == second.microBatches(step: step).flatMap(\.spans))
            for span in spans {
                let base = try #require(bases[span.name])
                #expect(try numbers(bytes(span, built)) == span.tokens.map { base + $0 })
            }
        }
    }

    /// Sample i of a stream holds i mod 7 + 3 numbers from 0 on, behind a word with their size.
    @Test func samplesOfMDSShardsAreFound() async throws {
        let streams = ["wiki", "books", "code"].map { "{directory: \($0), repeat: 1.5}" }.joined(separator: ", ")
        let scratch = try scratch(
            "mds",
            order: "loader: mosaicml, batch: 4, sequence: 8, shuffle: true, streams: [\(streams)]",
            steps: 70
        )
        let map = try await map(scratch)
        var seen = Set<String>()
        for step in 0..<70 {
            for span in try map.microBatches(step: step).flatMap(\.spans) {
                let folder = span.name.prefix { $0 != "/" }
                let before = map.loader.shards.filter { $0.name.hasPrefix(folder) && $0.name < span.name }
                let sample = before.reduce(span.tokens.lowerBound) { $0 + $1.tokens }
                let found = numbers(try bytes(span, scratch))
                #expect(found == [4 * (sample % 7 + 3)] + Array(0..<sample % 7 + 3), "\(span.name) \(sample)")
                seen.insert("\(folder) \(sample)")
            }
        }
        // One and a half times each stream: every sample at least once.
        #expect(seen.count == 91 + 45 + 30)
    }

    /// Chunks that litdata's writer made of numbered tokens; the loader is inferred from their names.
    @Test func itemsOfLitDataChunksAreFound() async throws {
        let scratch = try scratch(
            "litdata-tokens",
            order: "batch: 2, sequence: 16, shuffle: true, variant: 0.2.76, workers: 2",
            steps: 20
        )
        let map = try await map(scratch)
        #expect(map.loaderID == "litdata")
        for step in 0..<20 {
            for span in try map.microBatches(step: step).flatMap(\.spans) {
                let before = map.loader.shards.filter { $0.name < span.name }.reduce(0) { $0 + $1.tokens }
                #expect(try numbers(bytes(span, scratch)) == span.tokens.map { before + $0 })
            }
        }
    }

    /// OLMo's own index file holds the order that is drawn from its seed.
    @Test func theOrderOfOLMoIsDrawn() async throws {
        let order = "loader: olmo, batch: 2, sequence: 16, worldSize: 4"
        let recorded = try scratch("olmowork", order: order + ", state: data/global_indices.npy", steps: 23)
        let drawn = try scratch("none", order: order + ", seed: 6198", steps: 23)
        for (index, tokens) in [1000, 777, 1301].enumerated() {
            for folder in [recorded, drawn] {
                try folder.write("data/part-\(index).npy", String(repeating: "..", count: tokens))
            }
        }
        try FileManager.default.moveItem(
            atPath: recorded.path + "/data/global_indices.npy",
            toPath: recorded.path + "/order.npy"
        )
        let text = try #require(recorded.data("audit.yaml").map { String(decoding: $0, as: UTF8.self) })
        try recorded.write("audit.yaml", text.replacing("data/global_indices.npy", with: "order.npy"))
        let (first, second) = (try await map(recorded), try await map(drawn))
        for step in 0..<23 { #expect(try first.microBatches(step: step) == second.microBatches(step: step)) }
    }
}
