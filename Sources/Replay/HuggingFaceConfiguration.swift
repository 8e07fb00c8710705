import Foundation

/// What the `config.json` beside a Hugging Face checkpoint says about a GPT-2 model that its weights do not.
struct HuggingFaceConfiguration: Decodable {
    private var n_head: Int?
    private var activation_function: String?
    private var layer_norm_epsilon: Double?
    private var scale_attn_weights: Bool?

    /// The overrides, completed from the `config.json` in the folder of `path`. Without such a file, or with one that is
    /// not a JSON object of this kind, they stay as they are. Throws `ReplayError.unsupportedModel` for a model that
    /// would be run wrongly, and `ReplayError.conflictingOption`.
    static func complete(
        _ overrides: CheckpointOverrides,
        besideCheckpoint path: String
    ) throws(ReplayError) -> CheckpointOverrides {
        let file = URL(fileURLWithPath: path).deletingLastPathComponent().appendingPathComponent("config.json")
        guard let data = try? Data(contentsOf: file),
            let configuration = try? JSONDecoder().decode(HuggingFaceConfiguration.self, from: data)
        else { return overrides }
        return try configuration.complete(overrides, path: file.path)
    }

    private func complete(
        _ overrides: CheckpointOverrides,
        path: String
    ) throws(ReplayError) -> CheckpointOverrides {
        var result = overrides
        if let heads = n_head {
            if let configured = overrides.heads, configured != heads {
                throw .conflictingOption(key: "model.heads", configured: "\(configured)", file: "\(heads)", path: path)
            }
            result.heads = heads
        }
        if let epsilon = layer_norm_epsilon, epsilon != 1e-5 {
            throw .unsupportedModel(path: path, detail: "layer_norm_epsilon is \(epsilon), expected 1e-5")
        }
        if scale_attn_weights == false {
            throw .unsupportedModel(path: path, detail: "scale_attn_weights is false, expected true")
        }
        if overrides.activation == nil, let name = activation_function {
            guard let activation = Self.activations[name] else {
                let known = Self.activations.keys.sorted().joined(separator: ", ")
                throw .unsupportedModel(path: path, detail: "activation_function is \(name), expected one of \(known)")
            }
            result.activation = activation
        }
        return result
    }

    private static let activations: [String: Activation] = [
        "gelu_new": .geluTanh, "gelu_pytorch_tanh": .geluTanh, "gelu_fast": .geluTanh, "gelu": .gelu, "relu": .relu,
        "relu2": .reluSquared, "silu": .silu, "swish": .silu,
    ]
}
