import AuditPipeline
import Diagnosis
import Foundation
import Replay
import Shards
import Testing
import TrainingLogs

/// What an audit sees in checkpoints of each family: models that transformers and nanochat have written.
@Suite struct CheckpointInspectionTests {
    private static let fixtures = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().appendingPathComponent("ReplayTests/Fixtures")
    private static let vocabulary = 50
    private static let sequence = 32
    private static let step = 100

    struct Model: Sendable, CustomTestStringConvertible {
        var fixture: String
        /// The checkpoint in the run's folder, and the options that its files leave open.
        var checkpoint: String
        var options = ""
        var testDescription: String { fixture }
    }

    static let models = [
        Model(fixture: "llama2", checkpoint: "checkpoint-100/model.safetensors"),
        Model(fixture: "llama3", checkpoint: "checkpoint-100/model.safetensors.index.json"),
        Model(fixture: "nanochat-2025-10", checkpoint: "model_000100.pt"),
        Model(fixture: "nanochat-current", checkpoint: "model_000100.pt", options: ", version: 2026-07-03"),
    ]

    /// A run of 150 steps of two rows, with a checkpoint of 100 updates and, if wanted, a log that prints one loss.
    private func run(
        options: String,
        loss: Double? = nil,
        checkpoints: (String) throws -> Void
    ) async throws -> (scratch: Scratch, facts: (checkpoints: [CheckpointFacts], forward: ForwardContrast?)) {
        let scratch = try Scratch()
        let tokens = Self.tokens
        var bytes = [UInt8](repeating: 0, count: 1024)
        for (place, value) in [20_240_520, 1, tokens.count].enumerated() {
            for byte in 0..<4 { bytes[4 * place + byte] = UInt8(truncatingIfNeeded: value >> (8 * byte)) }
        }
        bytes += tokens.flatMap { [UInt8(truncatingIfNeeded: $0), 0] }
        try scratch.write("data/x_train_000001.bin", "")
        try Data(bytes).write(to: URL(fileURLWithPath: scratch.path + "/data/x_train_000001.bin"))
        try checkpoints(scratch.path + "/checkpoints")
        var log = ""
        if let loss {
            // build-nanogpt's log, which prints the mean over a whole step.
            for step in 0..<150 { log += "\(step) train \(step == Self.step ? loss : 3.9)\n" }
            try scratch.write("log.txt", log)
        }
        try scratch.write(
            "audit.yaml",
            """
            run: checkpoints
            \(log.isEmpty ? "" : "logs: [log.txt]")
            shards: {directory: data}
            order: {loader: contiguous, batch: 2, sequence: \(Self.sequence), accumulation: 1, worldSize: 1}
            model: {checkpoints: checkpoints\(options)}
            """
        )
        let configuration = try ConfigurationReader.read(path: scratch.path + "/audit.yaml")
        let inventory = try #require(
            try await VerifyStage.run(configuration, level: .structure, workers: 1, progress: SilentProgress())
        )
        let history = loss == nil ? nil : try LogReader.read(paths: [scratch.path + "/log.txt"])
        let order = LoaderMapping.run(configuration, inventory: inventory, history: history)
        let facts = CheckpointInspection(
            configuration: configuration,
            map: order.map,
            folder: inventory.folder,
            history: history,
            threads: 2
        ).facts()
        return (scratch, (facts.checkpoints, facts.forward))
    }

    private static let tokens: [Int32] = {
        var generator = SplitMix64(seed: 12)
        return (0..<2 * sequence * 151 + 1).map { _ in Int32.random(in: 0..<Int32(vocabulary), using: &generator) }
    }()

    /// The rows of the step after the checkpoint.
    private static let rows: [TokenRow] = (0..<2).map { row in
        let start = (step * 2 + row) * sequence
        return TokenRow(stream: Array(tokens[start...start + sequence]), row: row)
    }

    private func copy(_ model: Model, to folder: String) throws {
        let manager = FileManager.default
        let source = Self.fixtures.appendingPathComponent(model.fixture)
        let target = URL(fileURLWithPath: folder + "/" + model.checkpoint).deletingLastPathComponent()
        try manager.createDirectory(at: target, withIntermediateDirectories: true)
        for name in try manager.contentsOfDirectory(atPath: source.path) {
            try manager.copyItem(at: source.appendingPathComponent(name), to: target.appendingPathComponent(name))
        }
    }

    private func read(_ scratch: Scratch, _ model: Model) throws -> Checkpoint {
        let configuration = try ConfigurationReader.read(path: scratch.path + "/audit.yaml")
        return try Checkpoint.read(
            path: scratch.path + "/checkpoints/" + model.checkpoint,
            overrides: StepReplayer.overrides(configuration)
        )
    }

    @Test(arguments: models) func normsOfWeightsAndOfLayersGradients(model: Model) async throws {
        let (scratch, facts) = try await run(options: model.options) { try copy(model, to: $0) }
        let seen = try #require(facts.checkpoints.first)
        #expect(facts.checkpoints.count == 1)
        #expect(seen.updates == 100)
        let checkpoint = try read(scratch, model)
        let description = checkpoint.description
        // By hand: the matrices of each group, without the rows of tokens that do not exist.
        let parameters = checkpoint.parameters
        var squares: [String: Double] = [:]
        for tensor in description.tensors where tensor.shape.count == 2 {
            let isTable = tensor.layer == nil && tensor.group == .embedding
            let count = isTable ? description.vocabulary * description.channels : tensor.range.count
            squares[tensor.group.rawValue, default: 0] += parameters[tensor.range].prefix(count)
                .reduce(0.0) { $0 + Double($1) * Double($1) }
        }
        #expect(Set(seen.weightNorms.keys) == Set(squares.keys))
        #expect(seen.weightNorms["embedding"] != nil && seen.weightNorms["attention"] != nil)
        for (group, norm) in seen.weightNorms {
            #expect(abs(norm - (squares[group] ?? 0).squareRoot()) < 1e-6 * norm, "\(group)")
        }
        let gradient = try Replayer(checkpoint: checkpoint).gradient(of: Self.rows)
        var layers = [Double](repeating: 0, count: description.layers)
        for tensor in description.tensors where tensor.shape.count == 2 && tensor.group != .embedding {
            guard let layer = tensor.layer else { continue }
            layers[layer] += gradient[tensor.range].reduce(0.0) { $0 + Double($1) * Double($1) }
        }
        let range = try #require(seen.layerGradients)
        let (low, high) = (try #require(layers.min()).squareRoot(), try #require(layers.max()).squareRoot())
        #expect(low > 0 && low < high)
        #expect(abs(range.lowerBound / low - 1) < 1e-5)
        #expect(abs(range.upperBound / high - 1) < 1e-5)
        #expect(seen.scoreDeviation.count == description.layers)
        #expect(seen.zeroShare.count == description.layers)
        // The squared rectifier has zeros, SwiGLU has none.
        #expect(seen.zeroShare.allSatisfy { description.architecture == .nanochat ? $0 > 0.2 : $0 < 0.01 })
    }

    /// The log prints the loss that the model has with another non-linearity than the checkpoint's.
    @Test(arguments: [Activation.relu, .gelu]) func aGPT2OfAnotherActivationIsFound(real: Activation)
        async throws
    {
        let description = try TransformerDescription(
            layers: 2,
            heads: 2,
            channels: 16,
            maximumSequence: Self.sequence,
            vocabulary: Self.vocabulary,
            activation: real
        )
        // Learnt by heart with its own non-linearity; llm.c's file does not say which that was.
        var trainer = Trainer(description: description, seed: 5, settings: .init(weightDecay: 0))
        for _ in 0..<150 { _ = try trainer.step(rows: Self.rows, learningRate: 1e-2) }
        let checkpoint = try trainer.checkpoint(updatesDone: 100)
        try await contrast(checkpoint, real: real, expected: real == .gelu ? nil : real.rawValue) { folder in
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
            try checkpoint.write(path: folder + "/model_00000100.bin")
        }
    }

    /// Llama's own is silu: that is no variant of it. All others are, each with the loss that it gives.
    @Test func variantsOfALlamaAreItsOwn() async throws {
        let model = Self.models[0]
        let path = Self.fixtures.appendingPathComponent("llama2/model.safetensors").path
        let checkpoint = try Checkpoint.read(path: path)
        try await checkVariants(checkpoint) { try copy(model, to: $0) }
    }

    @Test func variantsOfAGPT2AreItsOwn() async throws {
        let description = try TransformerDescription(
            layers: 2,
            heads: 2,
            channels: 16,
            maximumSequence: Self.sequence,
            vocabulary: Self.vocabulary
        )
        let checkpoint = try Trainer(description: description, seed: 5).checkpoint(updatesDone: 100)
        try await checkVariants(checkpoint) { folder in
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
            try checkpoint.write(path: folder + "/model_00000100.bin")
        }
    }

    private func checkVariants(_ checkpoint: Checkpoint, checkpoints: (String) throws -> Void) async throws {
        let own = try Replayer(checkpoint: checkpoint).evaluate(rows: Self.rows).loss
        let (_, agreeing) = try await run(options: "", loss: own, checkpoints: checkpoints)
        let same = try #require(agreeing.forward)
        #expect(abs(same.replayed - own) < 1e-9)
        #expect(same.variants.isEmpty)
        let (_, facts) = try await run(options: "", loss: own + 1, checkpoints: checkpoints)
        let contrast = try #require(facts.forward)
        #expect(contrast.match == nil)
        for activation in Activation.allCases {
            let variant = try #require(ForwardContrast.Variant(rawValue: activation.rawValue))
            guard activation != checkpoint.description.activation else {
                #expect(contrast.variants[variant] == nil)
                continue
            }
            let changed = try checkpoint.with(description: try checkpoint.description.with(activation: activation))
            let expected = try Replayer(checkpoint: changed).evaluate(rows: Self.rows).loss
            #expect(expected != own)
            #expect(abs((contrast.variants[variant] ?? .nan) - expected) < 1e-9, "\(activation)")
        }
    }

    @discardableResult
    private func contrast(
        _ checkpoint: Checkpoint,
        real: Activation,
        expected: String?,
        checkpoints: (String) throws -> Void
    ) async throws -> ForwardContrast {
        let trained = try checkpoint.with(description: try checkpoint.description.with(activation: real))
        let logged = try Replayer(checkpoint: trained).evaluate(rows: Self.rows).loss
        let (_, facts) = try await run(options: "", loss: logged, checkpoints: checkpoints)
        let contrast = try #require(facts.forward)
        #expect(contrast.step == Self.step)
        #expect(abs(contrast.logged - logged) < 1e-9)
        #expect(contrast.match?.rawValue == expected)
        if let expected, let variant = ForwardContrast.Variant(rawValue: expected) {
            #expect(abs((contrast.variants[variant] ?? .nan) - logged) < 1e-6)
        }
        return contrast
    }
}
