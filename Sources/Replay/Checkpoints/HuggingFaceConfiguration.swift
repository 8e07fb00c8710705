import Foundation

/// How a family is recognised in, and read from, Hugging Face's `config.json`.
struct HuggingFaceReading: Sendable {
    /// Values of `model_type`.
    var types: [String]
    /// Values of `architectures`, for files without a type.
    var classes: [String] = []
    /// Whether the head is the embedding where the file does not say: the default of the family's class.
    var isTied: Bool?
    /// The base of the rotary frequencies where the file does not say.
    var ropeBase: Float = 10_000
    /// The same of layers with a window, in families where these have positions of their own.
    var localRopeBase: Float?
    /// The share of a head that turns where the file does not say; `nil` in families where all of it does.
    var rotaryShare: Float?
    /// Settings that are constants of the family and that no file states.
    var fixed: Set<CheckpointNote.Setting> = []
    /// Reads what only this family has.
    var read: @Sendable (inout ConfigurationKeys, inout ModelOperations, DeclaredSizes) throws(ReplayError) -> Void = {
        _,
        _,
        _ throws(ReplayError) in
    }
}

/// What the `config.json` beside a Hugging Face checkpoint says about a model.
enum HuggingFaceConfiguration: CheckpointSidecar {
    /// The overrides with the configuration in the folder of `path`; without such a file they stay as they are.
    ///
    /// Throws `ReplayError.malformedHeader` for a file that is no JSON object: what it would have said must not be guessed.
    static func complete(
        _ overrides: CheckpointOverrides,
        besideCheckpoint path: String
    ) throws(ReplayError) -> CheckpointOverrides {
        let file = URL(fileURLWithPath: path).deletingLastPathComponent().appendingPathComponent("config.json")
        guard let data = try SmallJSON.data(file.path) else { return overrides }
        let values = try SmallJSON.decode([String: JSONValue].self, data, path: file.path)
        var result = overrides
        let keys = ConfigurationKeys(path: file.path, values: values, ignored: overrides.ignoredKeys)
        result.configuration = ModelConfiguration(dialect: .huggingFace, keys: keys)
        return result
    }

    /// What the keys say about a model of a family. Throws as `ModelConfiguration.read`.
    static func read(_ given: ConfigurationKeys, _ family: ModelArchitecture) throws(ReplayError) -> ConfiguredModel {
        var keys = given
        var model = ConfiguredModel(path: given.path, operations: family.operations)
        model.sizes = try sizes(&keys)
        model.isHeadTied = try keys.flag("tie_word_embeddings") ?? family.configuration?.isTied
        if let epsilon = try epsilon(&keys, of: model.operations.norm) {
            model.operations.normEpsilon = epsilon
            model.stated.insert(.normEpsilon)
        }
        if let name = try keys.text("activation_function", "hidden_activation", "hidden_act") {
            guard let activation = activations[name] else {
                let known = activations.keys.sorted().joined(separator: ", ")
                throw .unsupportedModel(
                    path: given.path,
                    detail: "activation_function is \(name), expected one of \(known)"
                )
            }
            model.operations.activation = activation
            model.stated.insert(.activation)
        }
        if let rotary = model.operations.rotary {
            let sizes = model.sizes
            let heads = max(1, sizes.heads?.value ?? 1)
            var reading = RotaryReading(
                base: family.configuration?.ropeBase ?? 10_000,
                localBase: family.configuration?.localRopeBase,
                share: family.configuration?.rotaryShare,
                headWidth: sizes.headWidth?.value ?? sizes.channels.map { $0.value / heads },
                context: sizes.context?.value
            )
            model.operations.rotary = try reading.read(&keys, rotary)
            model.operations.localRotary = reading.local
            if reading.isBaseStated { model.stated.insert(.ropeBase) }
        }
        if let reading = family.configuration {
            try reading.read(&keys, &model.operations, model.sizes)
            model.stated.formUnion(reading.fixed)
        }
        if model.operations.localRotary == model.operations.rotary { model.operations.localRotary = nil }
        if model.operations.localRotary != nil { model.operations.localLayers = model.operations.shortLayers }
        model.unknownKeys = try keys.unread()
        return model
    }

    private static func sizes(_ keys: inout ConfigurationKeys) throws(ReplayError) -> DeclaredSizes {
        DeclaredSizes(
            layers: try keys.integer("num_hidden_layers", "n_layer", "num_layers"),
            heads: try keys.integer("num_attention_heads", "n_head", "num_heads"),
            keyValueHeads: try keys.integer("num_key_value_heads"),
            headWidth: try keys.integer("head_dim"),
            channels: try keys.integer("hidden_size", "n_embd"),
            hidden: try keys.integer("intermediate_size", "n_inner"),
            vocabulary: try keys.integer("vocab_size"),
            context: try keys.integer("max_position_embeddings", "n_positions")
        )
    }

    private static func epsilon(
        _ keys: inout ConfigurationKeys,
        of norm: ModelOperations.Norm
    ) throws(ReplayError) -> Float? {
        norm.isLayerNorm
            ? try keys.number("layer_norm_epsilon", "layer_norm_eps", "norm_epsilon", "norm_eps")
            : try keys.number("rms_norm_eps", "norm_eps")
    }

    private static let activations: [String: Activation] = [
        "gelu_new": .geluTanh, "gelu_pytorch_tanh": .geluTanh, "gelu_fast": .geluTanh, "gelu": .gelu, "relu": .relu,
        "relu2": .reluSquared, "silu": .silu, "swish": .silu, "quick_gelu": .geluQuick,
    ]
}
