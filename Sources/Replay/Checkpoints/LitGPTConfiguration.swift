import Foundation

/// litgpt's `model_config.yaml` beside a `lit_model.pth`: one record for all its families.
///
/// Source: Lightning-AI/litgpt, litgpt/config.py and litgpt/model.py.
enum LitGPTConfiguration: CheckpointSidecar {
    /// The overrides with the configuration; as they are without such a file.
    static func complete(
        _ overrides: CheckpointOverrides,
        besideCheckpoint path: String
    ) throws(ReplayError) -> CheckpointOverrides {
        let folder = URL(fileURLWithPath: path).deletingLastPathComponent()
        let file = folder.appendingPathComponent("model_config.yaml").path
        guard path.hasSuffix(".pth"), let data = try SmallJSON.data(file) else { return overrides }
        var result = overrides
        let values = SmallYAML.keys(String(decoding: data, as: UTF8.self))
        let keys = ConfigurationKeys(path: file, values: values, ignored: overrides.ignoredKeys)
        result.configuration = ModelConfiguration(dialect: .litgpt, keys: keys)
        return result
    }

    /// Which of the two layouts the MLP has. Throws `ReplayError.unsupportedModel` for experts.
    static func family(_ given: ConfigurationKeys) throws(ReplayError) -> ModelArchitecture {
        var keys = given
        switch try keys.text("mlp_class_name") ?? "GptNeoxMLP" {
        case "GptNeoxMLP": return .litgpt
        case "LLaMAMLP", "GemmaMLP": return .litgptGated
        case let other:
            throw .unsupportedModel(path: given.path, detail: "mlp_class_name \(other) is not supported")
        }
    }

    /// What the keys say. Throws `ReplayError.unsupportedModel` for a key that cannot be run.
    static func read(_ given: ConfigurationKeys, _ family: ModelArchitecture) throws(ReplayError) -> ConfiguredModel {
        var keys = given
        var model = ConfiguredModel(path: given.path, operations: family.operations)
        keys.pass(
            "name",
            "hf_config",
            "vocab_size",
            "padding_multiple",
            "norm_1",
            "norm_2",
            "rope_indices",
            "bos_token"
        )
        model.sizes = DeclaredSizes(
            layers: try keys.integer("n_layer"),
            heads: try keys.integer("n_head"),
            keyValueHeads: try keys.integer("n_query_groups"),
            headWidth: try keys.integer("head_size"),
            channels: try keys.integer("n_embd"),
            hidden: try keys.integer("intermediate_size"),
            vocabulary: try keys.integer("padded_vocab_size"),
            context: try keys.integer("block_size")
        )
        model.isHeadTied = false
        model.stated = [.ropeBase, .normEpsilon, .activation]
        let isGemma = try keys.text("mlp_class_name") == "GemmaMLP"
        let name = given.values["name"].flatMap { if case .text(let text) = $0 { text } else { nil } } ?? ""
        try norms(&keys, &model.operations)
        if name.contains("Gemma") { model.operations.normOffset = 1 }
        let isTanh = try keys.text("gelu_approximate") == "tanh"
        if isGemma || !model.operations.isGated { model.operations.activation = isTanh ? .geluTanh : .gelu }
        try biases(&keys, &model.operations)
        try positions(&keys, &model)
        if try keys.flag("scale_embeddings") ?? false, let channels = model.sizes.channels?.value, channels > 0 {
            model.operations.embeddingScale = Float(Double(channels).squareRoot())
        }
        if let scalar = try keys.number("attention_scores_scalar"), scalar > 0 {
            model.operations.attentionScale = Float(1 / Double(scalar).squareRoot())
        }
        model.operations.attentionSoftcap = try keys.number("attention_logit_softcapping")
        model.operations.softcap = try keys.number("final_logit_softcapping")
        for key in ["norm_1", "norm_2"] where given.values[key] == .bool(false) {
            try keys.refuse(key, expected: "true")
        }
        model.unknownKeys = try keys.unread()
        return model
    }

    private static func norms(
        _ keys: inout ConfigurationKeys,
        _ operations: inout ModelOperations
    ) throws(ReplayError) {
        operations.norm = try keys.text("norm_class_name") == "RMSNorm" ? .rms : .layerNorm
        operations.normEpsilon = try keys.number("norm_eps") ?? 1e-5
        if try keys.flag("parallel_residual") ?? true { operations.residual = .parallel }
        if try keys.flag("shared_attention_norm") ?? false { operations.residual = .shared }
        let post = (try keys.flag("post_attention_norm") ?? false, try keys.flag("post_mlp_norm") ?? false)
        guard post.0 == post.1 else { try keys.refuse("post_mlp_norm", expected: "that of post_attention_norm") }
        if post.0 { operations.normPlace = .around }
        let isWide = try keys.text("norm_qk_type") == "olmo2"
        guard try keys.flag("norm_qk") ?? false else { return }
        guard operations.norm == .rms else { try keys.refuse("norm_qk", expected: "RMSNorm with it") }
        operations.queryKeyNorm = .init(isWide: isWide)
    }

    private static func biases(
        _ keys: inout ConfigurationKeys,
        _ operations: inout ModelOperations
    ) throws(ReplayError) {
        operations.biases = try keys.flag("bias") ?? true ? [.attention, .projection, .mlp] : []
        if try keys.flag("attn_bias") ?? false { operations.biases.insert(.attention) }
        if operations.norm == .layerNorm { operations.biases.insert(.norm) }
        if try keys.flag("lm_head_bias") ?? false { operations.biases.insert(.head) }
    }

    private static func positions(_ keys: inout ConfigurationKeys, _ model: inout ConfiguredModel) throws(ReplayError) {
        var rotary = RotaryEmbedding(base: try keys.number("rope_base") ?? 10_000)
        let share = try keys.number("rotary_percentage") ?? 0.25
        let heads = max(1, model.sizes.heads?.value ?? 1)
        let width = model.sizes.headWidth?.value ?? (model.sizes.channels?.value ?? 0) / heads
        let turned = Int(Float(min(max(width, 0), 1 << 20)) * share)
        guard turned > 0, turned % 2 == 0 else {
            try keys.refuse("rotary_percentage", expected: "an even part of a head")
        }
        rotary.width = turned == width ? nil : turned
        if let ratio = try keys.number("rope_condense_ratio"), ratio != 1 { rotary.scaling = .linear(factor: ratio) }
        if let (key, value) = keys.value("rope_adjustments") {
            guard case .object(let values) = value, values["low_freq_factor"] != nil else {
                try keys.refuse(key, expected: "Llama 3.1's factors")
            }
            var inner = keys.nested(values)
            rotary.scaling = .llama3(
                factor: try inner.number("factor") ?? 8,
                low: try inner.number("low_freq_factor") ?? 1,
                high: try inner.number("high_freq_factor") ?? 4,
                originalContext: try inner.number("original_max_seq_len") ?? 8192
            )
        }
        model.operations.rotary = rotary
        let window = try keys.integer("sliding_window_size")
        let indices = try keys.list("sliding_window_indices")
        guard let window, let indices else { return }
        guard window.value > 1 else { try keys.refuse(window.key, expected: "a whole number above one") }
        model.operations.shortLayers = Set(indices.values.indices.filter { indices.values[$0] != .number(0) })
        model.operations.shortWindow = window.value - 1
    }
}
