import Foundation
import Replay
import Testing

/// Each family against what PyTorch and their own code make of the same tiny models (Benchmarks/references.py).
@Suite struct ArchitectureTests {
    static let fixtures = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("Fixtures")

    struct Fixture: Sendable, CustomTestStringConvertible {
        var name: String
        var file: String
        var architecture: ModelArchitecture
        var testDescription: String { name }

        var path: String { ArchitectureTests.fixtures.appendingPathComponent(name + "/" + file).path }
    }

    static let all = [
        Fixture(name: "llama2", file: "model.safetensors", architecture: .llama),
        Fixture(name: "llama3", file: "model.safetensors.index.json", architecture: .llama),
        Fixture(name: "nanochat-2025-10", file: "model_000100.pt", architecture: .nanochat),
        Fixture(name: "nanochat-current", file: "model_000100.pt", architecture: .nanochat),
        Fixture(name: "gpt2", file: "model.safetensors", architecture: .gpt2),
    ]

    @Test(arguments: all)
    func lossesLogitsAndGradientsAgreeWithPyTorch(fixture: Fixture) throws {
        var overrides = CheckpointOverrides()
        // Softcap and gain are those of the day the weights are from.
        if fixture.name == "nanochat-current" { overrides.nanochatDay = "2026-07-03" }
        let checkpoint = try Checkpoint.read(path: fixture.path, overrides: overrides)
        let model = checkpoint.description
        #expect(model.architecture == fixture.architecture)
        let replayer = Replayer(checkpoint: checkpoint)
        let reference = try Safetensors.tensors(
            ArchitectureTests.fixtures.appendingPathComponent(fixture.name + ".reference.safetensors")
        )
        let inputs = try #require(reference["inputs"])
        let targets = try #require(reference["targets"])
        let length = inputs.shape[1]
        let rows = (0..<inputs.shape[0]).map { row in
            let range = row * length..<(row + 1) * length
            return TokenRow(
                inputs: inputs.integers[range].map { Int32($0) },
                targets: targets.integers[range].map { Int32($0) },
                row: row
            )
        }
        let losses = try #require(reference["losses"]).values
        let logits = try #require(reference["logits"])
        let kept = logits.shape[1] * logits.shape[2]
        for (row, tokens) in rows.enumerated() {
            let result = try replayer.logits(of: tokens)
            for (ours, theirs) in zip(result.losses, losses[row * length..<(row + 1) * length]) {
                #expect(abs(ours - theirs) < 2e-5)
            }
            let expected = logits.values[row * kept..<(row + 1) * kept]
            let worst = zip(result.logits.suffix(kept), expected).reduce(0) { max($0, abs($1.0 - $1.1)) }
            #expect(worst < 1e-4)
        }
        let gradient = try replayer.gradient(of: rows)
        var compared = 0
        for tensor in model.tensors {
            let expected = try #require(reference["grad." + tensor.name], "\(tensor.name)").values
            let scale = expected.reduce(0) { max($0, abs($1)) }
            let worst = zip(gradient[tensor.range], expected).reduce(0) { max($0, abs($1.0 - $1.1)) }
            #expect(worst < 1e-4 * scale, "\(tensor.name): \(worst) of \(scale)")
            compared += expected.count
        }
        #expect(compared == model.parameterCount)
    }

    @Test func theDescriptionIsWhatTheFilesSay() throws {
        let llama = try Checkpoint.read(path: Self.all[1].path).description
        #expect(llama.isHeadTied)
        #expect(llama.keyValueHeads == 2)
        #expect(llama.headWidth == 6)
        #expect(
            llama.rotary
                == RotaryEmbedding(
                    base: 1000,
                    scaling: .llama3(factor: 8, low: 1, high: 4, originalContext: 32)
                )
        )
        let folder = Self.fixtures.appendingPathComponent("llama3").path
        #expect(try Checkpoint.read(path: folder).description == llama)
        let old = try Checkpoint.read(path: Self.all[2].path).description
        #expect(old.operations == Nanochat.operations(ofDay: "2025-10-13", sequence: 256))
        let current = try Checkpoint.read(path: Self.all[3].path)
        #expect(current.updatesDone == 100)
        let options = current.description.operations
        #expect(options.hasBackout && options.hasResidualMix)
        #expect(options.shortWindow == 128)
        #expect(options.shortLayers.contains(0) && !options.shortLayers.contains(1))
        #expect(options.valueGate == 12)
        #expect(options.queryKeyGain == 1.2)
        #expect(current.description.vocabulary == 60)
        #expect(current.description.paddedVocabulary == 64)
    }

    @Test(arguments: [
        ("2025-10-13", 15, 1, 10_000, 0), ("2026-01-12", 15, 1, 10_000, 1024), ("2026-03-05", 20, 1, 10_000, 1024),
        ("2026-03-10", 15, 1.15, 100_000, 768), ("2026-07-03", 15, 1.2, 100_000, 512),
    ])
    func constantsFollowTheDay(day: String, softcap: Float, gain: Float, base: Float, window: Int) throws {
        let options = try #require(Nanochat.operations(ofDay: day, sequence: 2048))
        #expect(options.softcap == softcap)
        #expect(options.queryKeyGain == gain)
        #expect(options.rotary?.base == base)
        #expect(options.shortWindow == window)
    }

    @Test(arguments: ["2025-01-01", "yesterday", "2026-3-1", ""])
    func otherDaysAreRefused(day: String) {
        #expect(Nanochat.operations(ofDay: day, sequence: 2048) == nil)
        let error = replayError {
            _ = try Checkpoint.read(path: Self.all[3].path, overrides: .day(day))
        }
        #expect("\(error as Any)".contains("model.version"))
    }

    @Test func indexesThatLeadElsewhereAreRefused() throws {
        try withTemporaryFolder { folder in
            let path = folder + "/model.safetensors.index.json"
            func error(_ text: String) throws -> String {
                try Data(text.utf8).write(to: URL(fileURLWithPath: path))
                return "\(replayError { _ = try Checkpoint.read(path: path) } as Any)"
            }
            #expect(
                try error("{\"weight_map\":{\"a\":\"../x.safetensors\"}}").contains("not the name of a safetensors")
            )
            #expect(
                try error("{\"weight_map\":{\"a\":\"x.safetensors\"}}").contains(
                    "of its parts x.safetensors cannot be read"
                )
            )
            #expect(try error("[]").contains("weight_map"))
            try safetensors(exported(smallCheckpoint())).write(to: URL(fileURLWithPath: folder + "/x.safetensors"))
            #expect(
                try error("{\"weight_map\":{\"a\":\"x.safetensors\"}}").contains(
                    "tensor a, which it says is in x.safetensors, is not there"
                )
            )
        }
    }

    @Test func anLlmcLlamaFileIsRead() throws {
        // The tensors of the Llama-2 fixture in llm.c's order, which is the description's.
        let original = try Checkpoint.read(path: Self.all[0].path)
        var header = [Int32](repeating: 0, count: 256)
        let fields: [Int32] = [20_240_803, 3, 128, 53, 2, 4, 2, 24, 1, 8, 0, 10_000, 0]
        for (index, field) in fields.enumerated() { header[index] = field }
        var data = header.withUnsafeBytes { Data($0) }
        data.append(floatBytes(original.parameters))
        let read = try parse(data, path: "model_00000007.bin", overrides: .init())
        #expect(read.parameters == original.parameters)
        #expect(read.description.hidden == 40)
        #expect(read.description.rotary?.pairing == .adjacent)
        #expect(read.updatesDone == 7)
        #expect("\(replayError { _ = try parse(data.dropLast(4), overrides: .init()) } as Any)".contains("truncated"))
        for index in 1..<13 {
            var damaged = data
            damaged.replaceSubrange(4 * index..<4 * index + 4, with: [0xFF, 0xFF, 0xFF, 0x7F])
            let error = replayError { _ = try parse(damaged, overrides: .init()) }
            // The context, the epsilon and the multipliers may be anything.
            if [1, 3, 4, 5, 6, 7].contains(index) { #expect(error != nil, "field \(index)") }
        }
    }
}

extension CheckpointOverrides {
    fileprivate static func day(_ day: String) -> CheckpointOverrides {
        var overrides = CheckpointOverrides()
        overrides.nanochatDay = day
        return overrides
    }
}

/// A plain reader of safetensors for expectations.
enum Safetensors {
    struct Tensor {
        var shape: [Int]
        var values: [Float] = []
        var integers: [Int] = []
    }

    private struct Entry: Decodable {
        var dtype: String
        var shape: [Int]
        var data_offsets: [Int]
    }

    static func tensors(_ file: URL) throws -> [String: Tensor] {
        let data = try Data(contentsOf: file)
        let length = Int(data.withUnsafeBytes { $0.loadUnaligned(as: UInt64.self) })
        let entries = try JSONDecoder().decode([String: Entry].self, from: data[8..<8 + length])
        return entries.mapValues { entry in
            let words: [UInt32] = data[8 + length + entry.data_offsets[0]..<8 + length + entry.data_offsets[1]]
                .withUnsafeBytes { bytes in
                    (0..<bytes.count / 4).map { bytes.loadUnaligned(fromByteOffset: 4 * $0, as: UInt32.self) }
                }
            return entry.dtype == "F32"
                ? Tensor(shape: entry.shape, values: words.map { Float(bitPattern: $0) })
                : Tensor(shape: entry.shape, integers: words.map { Int(Int32(bitPattern: $0)) })
        }
    }
}
