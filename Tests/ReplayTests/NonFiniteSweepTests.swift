import Foundation
import Replay
import Testing

/// Every place where a NaN or an infinity can come from, one at a time: each must be named by layer, operation, row and
/// position, and as the producer.
@Suite struct NonFiniteSweepTests {
    struct Model: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var checkpoint: @Sendable () throws -> Checkpoint
    }

    static let models = [
        Model(testDescription: "GPT-2") { try smallCheckpoint() },
        Model(testDescription: "GPT-2 without biases") { try smallCheckpoint(biases: false) },
        Model(testDescription: "Llama") { try Checkpoint.read(path: ArchitectureTests.all[0].path) },
        Model(testDescription: "nanochat 2025") { try Checkpoint.read(path: ArchitectureTests.all[2].path) },
        Model(testDescription: "nanochat 2026") { try Checkpoint.read(path: ArchitectureTests.all[3].path) },
    ]

    /// Three rows without token 7, but for row 1, position 5.
    private static func rows() -> [TokenRow] {
        var rows = randomRows(3, vocabulary: 7)
        rows[1].inputs[5] = 7
        return rows
    }

    private struct Site: Equatable {
        var operation: Probe.Operation?
        var layer: Int?
        var row = 0
        var position = 0
    }

    /// Where damage to a tensor must show first.
    private static func site(_ tensor: ParameterTensor, layer index: Int) -> Site {
        let name = tensor.name
        let operations: [(String, Probe.Operation)] = [
            ("ln_1.", .firstNorm), ("input_layernorm.", .firstNorm), (".c_attn.", .queriesKeysValues),
            ("q_proj.", .queriesKeysValues), ("k_proj.", .queriesKeysValues),
            ("v_proj.", .queriesKeysValues), (".c_q.", .queriesKeysValues), (".c_k.", .queriesKeysValues),
            (".c_v.", .queriesKeysValues), ("attn.c_proj.", .projection),
            ("o_proj.", .projection), ("ln_2.", .secondNorm), ("post_attention_layernorm.", .secondNorm),
            ("mlp.c_fc.", .mlpIn),
            ("up_proj.", .mlpIn), ("gate_proj.", .mlpGate), ("mlp.c_proj.", .mlpOut), ("down_proj.", .mlpOut),
            ("ve_gate.", .valueEmbedding), ("ln_f.", .finalNorm), ("model.norm.", .finalNorm),
            ("lm_head.", .logits), ("_lambdas", .residualMix), ("backout", .backout),
        ]
        if name.contains("smear") { return Site(operation: .smear, layer: nil, position: 1) }
        if name.contains("value_embeds") {
            return Site(operation: .valueEmbedding, layer: tensor.layer, row: 1, position: 5)
        }
        if name.hasSuffix("wte.weight") || name.hasSuffix("embed_tokens.weight") {
            return Site(operation: .embedding, layer: nil, row: 1, position: 5)
        }
        if name == "wpe.weight" { return Site(operation: .embedding, layer: nil, position: 3) }
        let operation = operations.first { name.contains($0.0) }?.1
        return Site(operation: operation, layer: operation == .residualMix ? index : tensor.layer)
    }

    @Test(arguments: models)
    func everyDamagedTensorIsNamedAsTheProducer(model: Model) throws {
        let original = try model.checkpoint()
        var named = 0
        for tensor in original.description.tensors {
            for value in [Float.nan, .infinity, -.infinity] {
                // An infinite gate is a gate that is open or shut, and nothing else.
                if tensor.name.contains("gate.weight"), !tensor.name.contains("mlp"), !value.isNaN { continue }
                var parameters = original.parameters
                var index = tensor.range.count / 2
                var layer = 0
                if tensor.name.hasSuffix("lambdas") { (index, layer) = (1, 1) }
                // The row of token 7, or of position 3.
                if let width = tensor.shape.last, tensor.shape.count == 2 {
                    let isTable = ["wte.weight", "embed_tokens.weight"].contains { tensor.name.hasSuffix($0) }
                    if isTable || tensor.name.contains("value_embeds") { index = 7 * width + 1 }
                    if tensor.name == "wpe.weight" { index = 3 * width + 1 }
                }
                parameters[tensor.range.lowerBound + index] = value
                let damaged = try Checkpoint(description: original.description, parameters: parameters)
                let origin = try Replayer(checkpoint: damaged).evaluate(rows: Self.rows()).firstNonFinite
                let found = try #require(origin, "\(tensor.name) \(value)")
                let site = Site(
                    operation: found.operation,
                    layer: found.layer,
                    row: found.row,
                    position: found.position
                )
                #expect(site == Self.site(tensor, layer: layer), "\(tensor.name) \(value)")
                #expect(found.producer && !found.weightsFinite, "\(tensor.name) \(value)")
                #expect(found.token == Int(Self.rows()[found.row].inputs[found.position]))
                #expect(damaged.nonFiniteParameters().map(\.name) == [tensor.name])
                named += 1
            }
        }
        #expect(named > 2 * original.description.tensors.count)
    }

    private func origin(
        precision: Precision = .fp32,
        scale: Float? = nil,
        epsilon: Float = 1e-5,
        _ change: (inout Trainer) throws -> Void
    ) throws -> NonFiniteOrigin? {
        let description = try TransformerDescription(
            layers: 2,
            heads: 2,
            channels: 8,
            maximumSequence: 16,
            vocabulary: 29,
            normEpsilon: epsilon,
            attentionScale: scale
        )
        var trainer = Trainer(description: description, seed: 1)
        try change(&trainer)
        return try Replayer(checkpoint: trainer.checkpoint()).evaluate(rows: Self.rows(), precision: precision)
            .firstNonFinite
    }

    private func expect(
        _ origin: NonFiniteOrigin?,
        _ operation: Probe.Operation,
        layer: Int?,
        row: Int = 0,
        position: Int = 0,
        _ location: SourceLocation = #_sourceLocation
    ) {
        #expect(origin?.operation == operation, sourceLocation: location)
        #expect(origin?.layer == layer, sourceLocation: location)
        #expect(origin?.row == row, sourceLocation: location)
        #expect(origin?.position == position, sourceLocation: location)
        #expect(origin?.producer == true, sourceLocation: location)
        #expect(origin?.weightsFinite == true, sourceLocation: location)
    }

    @Test(arguments: [0, 1])
    func anAttentionScaleThatOverflowsIsFoundInTheScores(layer: Int) throws {
        let origin = try origin(scale: 3e38) { trainer in
            // Only this layer has queries and keys of any size.
            try trainer.modify("h.\(1 - layer).attn.c_attn.weight") { $0.update(repeating: 0) }
            try trainer.modify("h.\(layer).attn.c_attn.bias") { $0.update(repeating: 10) }
        }
        expect(origin, .attentionScores, layer: layer)
    }

    @Test func aNormOfAZeroVectorInHalfPrecisionIsFoundAtItsToken() throws {
        let zero: (inout Trainer) throws -> Void = { trainer in
            try trainer.modify("wte.weight") { weights in
                for index in 7 * 8..<8 * 8 { weights[index] = 0 }
            }
            try trainer.modify("wpe.weight") { weights in
                for index in 5 * 8..<6 * 8 { weights[index] = 0 }
            }
        }
        expect(try origin(precision: .fp16, epsilon: 1e-8, zero), .firstNorm, layer: 0, row: 1, position: 5)
        #expect(try origin(precision: .fp32, epsilon: 1e-8, zero) == nil)
        #expect(try origin(precision: .fp16, zero) == nil)
    }

    @Test func theLogarithmOfZeroIsFound() throws {
        let origin = try origin { trainer in
            try trainer.modify("ln_f.weight") { $0.update(repeating: 0) }
            try trainer.modify("ln_f.bias") { $0[0] = 1e19 }
            try trainer.modify("wte.weight") { weights in
                for token in 0..<29 { weights[token * 8] = token == 27 ? 2.5e19 : token == 28 ? -2.5e19 : 0 }
            }
        }
        // A probability below every number: its logarithm is minus infinity.
        expect(origin, .logSoftmax, layer: nil)
    }

    @Test(arguments: [0, 1])
    func halfPrecisionOverflowsAreFoundWhereTheyHappen(layer: Int) throws {
        let inside = try origin(precision: .fp16) { trainer in
            try trainer.modify("h.\(layer).ln_2.bias") { $0.update(repeating: 10) }
            try trainer.modify("h.\(layer).mlp.c_fc.weight") { weights in
                for index in 24..<32 { weights[index] = 100 }
            }
            try trainer.modify("h.\(layer).mlp.c_fc.bias") { $0[3] = 60_000 }
        }
        expect(inside, .mlpIn, layer: layer)
        let residual = try origin(precision: .fp16) { trainer in
            try trainer.modify("h.\(layer).attn.c_proj.bias") { $0[2] = 40_000 }
            try trainer.modify("h.\(layer).mlp.c_proj.bias") { $0[2] = 40_000 }
        }
        expect(residual, .secondResidual, layer: layer)
        let middle = try origin(precision: .fp16) { trainer in
            try trainer.modify("wpe.weight") { $0[4 * 8 + 1] = 60_000 }
            try trainer.modify("h.\(layer).attn.c_proj.bias") { $0[1] = 60_000 }
        }
        expect(middle, .firstResidual, layer: layer, position: 4)
    }

    @Test func gradientsThatOverflowAreFoundAfterAFinitePass() throws {
        let replayer = Replayer(checkpoint: try smallCheckpoint())
        let rows = Self.rows()
        let fine = try replayer.evaluate(rows: rows, precision: .fp16, gradients: true, lossScale: 1024)
        #expect(fine.firstNonFiniteGradient == nil)
        #expect(fine.gradientProbes.first?.operation == .logits)
        #expect(fine.gradientProbes.last?.operation == .embedding)
        let exact = try replayer.evaluate(rows: rows, gradients: true)
        let (norm, expected) = (try #require(fine.gradientNorm), try #require(exact.gradientNorm))
        #expect(abs(norm / expected - 1) < 0.02)
        let scaled = try replayer.evaluate(rows: rows, precision: .fp16, gradients: true, lossScale: 0x1p24)
        #expect(scaled.firstNonFinite == nil)
        #expect(scaled.firstNonFiniteGradient?.operation == .logits)
        #expect(scaled.gradientNorm?.isFinite == false)
    }

    /// The gradient of a parameter sums over positions and may overflow where no activation's does.
    @Test func aParameterGradientOverflowsByItself() throws {
        let replayer = Replayer(checkpoint: try smallCheckpoint())
        let exact = try replayer.evaluate(rows: Self.rows(), gradients: true)
        let scale = try #require(
            (10...30).map { pow(2.0, Double($0)) }.first { scale in
                let seen = try? replayer.evaluate(
                    rows: Self.rows(),
                    precision: .fp16,
                    gradients: true,
                    lossScale: scale
                )
                return seen?.gradientNorm?.isFinite == false
            }
        )
        let seen = try replayer.evaluate(rows: Self.rows(), precision: .fp16, gradients: true, lossScale: scale)
        #expect(seen.firstNonFinite == nil && seen.firstNonFiniteGradient == nil)
        let names = (seen.parameterGradientNorms ?? []).filter { !$0.norm.isFinite }.map(\.name)
        #expect(!names.isEmpty && names.count < (exact.parameterGradientNorms ?? []).count)
        let half = try replayer.evaluate(rows: Self.rows(), precision: .fp16, gradients: true, lossScale: scale / 4)
        #expect(half.gradientNorm?.isFinite == true)
    }
}
