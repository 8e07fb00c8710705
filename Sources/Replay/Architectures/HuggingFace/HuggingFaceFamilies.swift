/// Families that Hugging Face's `transformers` has and whose parts the C model has: each is its names and its keys.
///
/// To add one: an entry in one of the files of this folder, its name in ``all``, a recorded model as its fixture, and a row in
/// the guide's page on replays.
enum HuggingFaceFamilies {
    /// Every one.
    static let all: [ModelArchitecture] = [
        mistral, ministral, qwen2, qwen3, smolLM3, granite, seedOSS, cwm, arcee, helium, ernie, hunYuan,
        olmo, olmo2, olmo3, exaone4, gemma, gemma2, gemma3, vaultGemma,
        neoX, gptJ, gptNeo, phi, phi3, stableLM, starcoder2, nemotron, jais2, cohere, glm, glm4, nanochatHF,
    ]

    /// The ends of a Llama layer's names in the order of its module.
    static let llamaOrder = [
        "self_attn.q_proj.weight", "self_attn.k_proj.weight", "self_attn.v_proj.weight", "self_attn.o_proj.weight",
        "mlp.gate_proj.weight", "mlp.up_proj.weight", "mlp.down_proj.weight", "input_layernorm.weight",
        "post_attention_layernorm.weight",
    ]

    /// A family whose tensors are named and shaped as Llama's but for `names`. `change` makes its operations of Llama's, `read`
    /// reads its own keys.
    static func likeLlama(
        _ id: String,
        _ title: String,
        _ reading: HuggingFaceReading,
        names: TensorNames = .llama(),
        order: [String]? = nil,
        _ change: (inout ModelOperations) -> Void = { _ in }
    ) -> ModelArchitecture {
        var operations = ModelOperations(norm: .rms, activation: .silu, isGated: true, rotary: RotaryEmbedding())
        change(&operations)
        return ModelArchitecture(
            id: id,
            title: title,
            signs: [],
            names: names,
            operations: operations,
            head: .either,
            sizes: { tensors, overrides throws(ReplayError) in try .of(tensors, overrides, context: 1 << 17) },
            adjust: { operations, _, overrides, _ throws(ReplayError) in operations.apply(overrides) },
            moduleOrder: order,
            configuration: reading
        )
    }
}

extension TensorNames {
    /// Llama's names, some of them others.
    static func llama(
        _ own: [String: String] = [:],
        attention: Attention = .separate,
        layer: String = "model.layers.*."
    ) -> TensorNames {
        var names = TensorNames(layer: layer, attention: attention)
        for (plain, name) in [
            ("ln_1", "input_layernorm"), ("attn.c_q", "self_attn.q_proj"), ("attn.c_k", "self_attn.k_proj"),
            ("attn.c_v", "self_attn.v_proj"), ("attn.c_proj", "self_attn.o_proj"), ("ln_2", "post_attention_layernorm"),
            ("attn.c_attn", "self_attn.qkv_proj"), ("mlp.c_fc", "mlp.up_proj"), ("mlp.c_fc2", "mlp.gate_proj"),
            ("mlp.c_proj", "mlp.down_proj"), ("ln_f", "model.norm"), ("wte", "model.embed_tokens"),
            ("attn.q_norm", "self_attn.q_norm"), ("attn.k_norm", "self_attn.k_norm"), ("lm_head", "lm_head"),
        ] {
            for kind in [".weight", ".bias"] { names.own[plain + kind] = (own[plain] ?? name) + kind }
        }
        for (plain, name) in own where names.own[plain + ".weight"] == nil {
            names.own[plain + ".weight"] = name + ".weight"
        }
        names.buffers = [".rotary_emb.inv_freq"]
        return names
    }
}

extension ConfigurationKeys {
    /// The biases that `attention_bias` and `mlp_bias` call for; `attention`: those of the first.
    mutating func biases(
        attention: ModelOperations.Biases,
        usual: Bool = false
    ) throws(ReplayError) -> ModelOperations.Biases {
        var biases: ModelOperations.Biases = []
        if try flag("attention_bias") ?? usual { biases.formUnion(attention) }
        if try flag("mlp_bias") ?? false { biases.insert(.mlp) }
        return biases
    }

    /// `sliding_window`, which counts a query's own position: for the layers that `layer_types` gives it, or else `usual`.
    mutating func window(
        _ operations: inout ModelOperations,
        _ sizes: DeclaredSizes,
        usual: (Int) -> Bool = { _ in true }
    ) throws(ReplayError) {
        let window = try integer("sliding_window")
        let isUsed = try flag("use_sliding_window") ?? true
        let first = try integer("max_window_layers")
        let layers = try slidingLayers(of: sizes.layers) { layer in
            window != nil && isUsed && usual(layer) && layer >= (first?.value ?? 0)
        }
        guard !layers.isEmpty else { return }
        guard let window, window.value > 0 else { try refuse("sliding_window", expected: "a whole number above zero") }
        operations.shortLayers = layers
        // One of width 1 sees its own position alone, and no keys before it: the C model has no such window.
        guard window.value > 1 else { try refuse("sliding_window", expected: "a whole number above one") }
        operations.shortWindow = window.value - 1
    }
}
