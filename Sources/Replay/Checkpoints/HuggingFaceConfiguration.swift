import Foundation

/// What the `config.json` beside a Hugging Face checkpoint says about a model that its weights do not.
struct HuggingFaceConfiguration: Decodable, CheckpointSidecar {
    private struct Rope: Decodable {
        var rope_type: String?
        var type: String?
        var rope_theta: Float?
        var factor: Float?
        var low_freq_factor: Float?
        var high_freq_factor: Float?
        var original_max_position_embeddings: Float?
    }
    private var n_head: Int?
    private var num_attention_heads: Int?
    private var activation_function: String?
    private var hidden_act: String?
    private var layer_norm_epsilon: Float?
    private var rms_norm_eps: Float?
    private var scale_attn_weights: Bool?
    private var attention_bias: Bool?
    private var mlp_bias: Bool?
    private var max_position_embeddings: Int?
    private var rope_theta: Float?
    private var rope_scaling: Rope?
    private var rope_parameters: Rope?

    /// The overrides, completed from the `config.json` in the folder of `path`; without such a file they stay as they are.
    ///
    /// Throws `ReplayError.malformedHeader` for a file that is no JSON object of this kind: what it would have said must not be
    /// guessed. Throws `ReplayError.unsupportedModel` for a model that would be run wrongly, and
    /// `ReplayError.conflictingOption`.
    static func complete(
        _ overrides: CheckpointOverrides,
        besideCheckpoint path: String
    ) throws(ReplayError) -> CheckpointOverrides {
        let file = URL(fileURLWithPath: path).deletingLastPathComponent().appendingPathComponent("config.json")
        guard let data = try SmallJSON.data(file.path) else { return overrides }
        let configuration = try SmallJSON.decode(Self.self, data, path: file.path)
        return try configuration.complete(overrides, path: file.path)
    }

    private func complete(
        _ overrides: CheckpointOverrides,
        path: String
    ) throws(ReplayError) -> CheckpointOverrides {
        var result = overrides
        try result.agree(onHeads: n_head ?? num_attention_heads, path: path)
        if attention_bias == true || mlp_bias == true {
            throw .unsupportedModel(path: path, detail: "attention_bias or mlp_bias is true, expected false")
        }
        result.normEpsilon = overrides.normEpsilon ?? layer_norm_epsilon ?? rms_norm_eps
        if scale_attn_weights == false { result.attentionScale = overrides.attentionScale ?? 1 }
        result.maximumSequence = overrides.maximumSequence ?? max_position_embeddings
        if overrides.rotary == nil, let base = rope_theta ?? rope_parameters?.rope_theta ?? rope_scaling?.rope_theta {
            result.rotary = RotaryEmbedding(base: base, scaling: try scaling(path: path))
        }
        if overrides.activation == nil, let name = activation_function ?? hidden_act {
            guard let activation = Self.activations[name] else {
                let known = Self.activations.keys.sorted().joined(separator: ", ")
                throw .unsupportedModel(path: path, detail: "activation_function is \(name), expected one of \(known)")
            }
            result.activation = activation
        }
        return result
    }

    private func scaling(path: String) throws(ReplayError) -> RotaryEmbedding.Scaling? {
        guard let rope = rope_scaling ?? rope_parameters else { return nil }
        switch rope.rope_type ?? rope.type ?? "default" {
        case "default":
            return nil
        case "linear":
            return .linear(factor: rope.factor ?? 1)
        case "llama3":
            return .llama3(
                factor: rope.factor ?? 8,
                low: rope.low_freq_factor ?? 1,
                high: rope.high_freq_factor ?? 4,
                originalContext: rope.original_max_position_embeddings ?? 8192
            )
        case let other:
            throw .unsupportedModel(path: path, detail: "rope_type is \(other), expected default, linear or llama3")
        }
    }

    private static let activations: [String: Activation] = [
        "gelu_new": .geluTanh, "gelu_pytorch_tanh": .geluTanh, "gelu_fast": .geluTanh, "gelu": .gelu, "relu": .relu,
        "relu2": .reluSquared, "silu": .silu, "swish": .silu,
    ]
}
