import Foundation
import Replay
import Testing

/// Each family of transformers against what PyTorch makes of the same tiny model (Benchmarks/families.py).
@Suite struct FamilyTests {
    static let folder = ArchitectureTests.fixtures.appendingPathComponent("families")
    static let all = (try? FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()) ?? []

    private struct Expected: Decodable {
        var tokens: [[Int32]]
        var losses: [Double]
        var gradients: [String: Double]
    }

    private func rows(_ tokens: [[Int32]]) -> [TokenRow] {
        tokens.enumerated().map { index, stream in
            TokenRow(inputs: Array(stream.dropLast()), targets: Array(stream.dropFirst()), row: index)
        }
    }

    @Test(arguments: all) func lossesAndGradientsAgreeWithPyTorch(family: String) throws {
        let path = Self.folder.appendingPathComponent(family).path
        let text = try Data(contentsOf: URL(fileURLWithPath: path + "/expected.json"))
        let expected = try JSONDecoder().decode(Expected.self, from: text)
        let checkpoint = try Checkpoint.read(path: path)
        #expect(checkpoint.description.architecture.id == family)
        #expect(checkpoint.notes.isEmpty, "\(checkpoint.notes)")
        let result = try Replayer(checkpoint: checkpoint).evaluate(rows: rows(expected.tokens), gradients: true)
        for (ours, theirs) in zip(result.rowLosses, expected.losses) { #expect(abs(ours - theirs) < 2e-5) }
        let norms = try #require(result.parameterGradientNorms)
        #expect(norms.count == expected.gradients.count)
        for norm in norms {
            // transformers calls GPT-NeoX's head otherwise in memory than in the file.
            let name = norm.name == "embed_out.weight" ? "lm_head.weight" : norm.name
            let value = try #require(expected.gradients[name], "\(norm.name)")
            #expect(abs(norm.norm - value) < 1e-4 * value + 1e-6, "\(norm.name): \(norm.norm), PyTorch \(value)")
        }
    }

    /// Large models stay in their files: parts of tensors, and rows in another order, are found there too.
    @Test(arguments: all) func mappedWeightsGiveTheSameBits(family: String) throws {
        let path = Self.folder.appendingPathComponent(family).path
        let text = try Data(contentsOf: URL(fileURLWithPath: path + "/expected.json"))
        let rows = rows(try JSONDecoder().decode(Expected.self, from: text).tokens)
        var overrides = CheckpointOverrides()
        let copied = try Checkpoint.read(path: path, overrides: overrides)
        overrides.mappedFrom = 0
        let mapped = try Checkpoint.read(path: path, overrides: overrides)
        #expect(mapped.parameters == copied.parameters)
        let losses = try [copied, mapped].map { checkpoint in
            try Replayer(checkpoint: checkpoint).evaluate(rows: rows, gradients: true)
        }
        #expect(losses[0].rowLosses == losses[1].rowLosses)
        #expect(losses[0].gradientNorm == losses[1].gradientNorm)
    }

    /// What a configuration says of a part matters: without it the model is another one, or none.
    @Test(arguments: [
        ("mistral", "sliding_window"), ("granite", "residual_multiplier"), ("granite", "logits_scaling"),
        ("granite", "embedding_multiplier"), ("granite", "attention_multiplier"), ("gemma2", "attn_logit_softcapping"),
        ("gemma2", "final_logit_softcapping"), ("gemma2", "query_pre_attn_scalar"),
        ("qwen2", "rope_parameters"), ("gemma3", "rope_parameters"), ("cohere", "logit_scale"),
        ("ministral", "layer_types"),
    ])
    func everyKeyHasItsEffect(family: String, key: String) throws {
        let source = Self.folder.appendingPathComponent(family).path
        let text = try Data(contentsOf: URL(fileURLWithPath: source + "/expected.json"))
        let rows = rows(try JSONDecoder().decode(Expected.self, from: text).tokens)
        try withTemporaryFolder { folder in
            let weights = "/model.safetensors"
            try FileManager.default.copyItem(atPath: source + weights, toPath: folder + weights)
            let config = try Data(contentsOf: URL(fileURLWithPath: source + "/config.json"))
            var keys = try #require(JSONSerialization.jsonObject(with: config) as? [String: Any])
            #expect(keys.removeValue(forKey: key) != nil)
            try JSONSerialization.data(withJSONObject: keys).write(to: URL(fileURLWithPath: folder + "/config.json"))
            let before = try Replayer(checkpoint: Checkpoint.read(path: source)).evaluate(rows: rows).loss
            guard let changed = try? Checkpoint.read(path: folder) else { return }
            let after = try Replayer(checkpoint: changed).evaluate(rows: rows).loss
            #expect(abs(after - before) > 1e-3)
        }
    }
}
