import Foundation

/// Meta's `params.json` beside a `consolidated.00.pth`.
///
/// Source: meta-llama/llama-models, models/llama3/args.py.
enum MetaConfiguration: CheckpointSidecar {
    /// The overrides with the configuration; as they are without such a file. Throws `ReplayError.unsupportedFormat` for a model
    /// that is cut over several files.
    static func complete(
        _ overrides: CheckpointOverrides,
        besideCheckpoint path: String
    ) throws(ReplayError) -> CheckpointOverrides {
        let file = URL(fileURLWithPath: path)
        let folder = file.deletingLastPathComponent()
        guard file.lastPathComponent.hasPrefix("consolidated") else { return overrides }
        guard !FileManager.default.fileExists(atPath: folder.appendingPathComponent("consolidated.01.pth").path) else {
            throw .unsupportedFormat(
                path: path,
                format: "a model of Meta's that is cut over several consolidated.*.pth",
                remedy: "convert it with transformers' convert_llama_weights_to_hf.py"
            )
        }
        let parameters = folder.appendingPathComponent("params.json").path
        guard let data = try SmallJSON.data(parameters) else { return overrides }
        let values = try SmallJSON.decode([String: JSONValue].self, data, path: parameters)
        var result = overrides
        let keys = ConfigurationKeys(path: parameters, values: values, ignored: overrides.ignoredKeys)
        result.configuration = ModelConfiguration(dialect: .meta, keys: keys)
        return result
    }

    /// What the keys say. Throws `ReplayError.unsupportedModel` for a key that cannot be run.
    static func read(_ given: ConfigurationKeys, _ family: ModelArchitecture) throws(ReplayError) -> ConfiguredModel {
        var keys = given
        var model = ConfiguredModel(path: given.path, operations: family.operations)
        // Only the widths that follow from these are in the tensors.
        keys.pass(
            "multiple_of",
            "ffn_dim_multiplier",
            "max_batch_size",
            "max_seq_len",
            "model_parallel_size",
            "vocab_size"
        )
        model.sizes = DeclaredSizes(
            layers: try keys.integer("n_layers"),
            heads: try keys.integer("n_heads"),
            keyValueHeads: try keys.integer("n_kv_heads"),
            headWidth: try keys.integer("head_dim"),
            channels: try keys.integer("dim")
        )
        if case .number(let number)? = given.values["vocab_size"], number > 0, let whole = Int(exactly: number) {
            model.sizes.vocabulary = Declared(key: "vocab_size", value: whole)
        }
        model.stated = [.activation]
        if let epsilon = try keys.number("norm_eps") {
            model.operations.normEpsilon = epsilon
            model.stated.insert(.normEpsilon)
        }
        if let base = try keys.number("rope_theta") {
            model.operations.rotary?.base = base
            model.stated.insert(.ropeBase)
        }
        let factor = try keys.number("rope_scaling_factor")
        if try keys.flag("use_scaled_rope") ?? false {
            let scaling = RotaryEmbedding.Scaling.llama3(factor: factor ?? 8, low: 1, high: 4, originalContext: 8192)
            model.operations.rotary?.scaling = scaling
        }
        model.unknownKeys = try keys.unread()
        return model
    }
}
