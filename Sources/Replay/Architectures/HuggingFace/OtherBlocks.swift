// Families with other blocks than Llama's: LayerNorm, parallel attention and MLP, plain MLPs, fused tensors.
extension HuggingFaceFamilies {
    static let neoX = likeLlama(
        "gpt-neox",
        "GPT-NeoX (Pythia)",
        HuggingFaceReading(types: ["gpt_neox"], classes: ["GPTNeoXForCausalLM"], isTied: false, rotaryShare: 0.25) {
            keys,
            operations,
            _ throws(ReplayError) in
            if try keys.flag("attention_bias") == false { operations.biases.subtract([.attention, .projection]) }
            if try keys.flag("use_parallel_residual") == false { operations.residual = .serial }
        },
        names: neoXNames
    ) {
        $0.asLayerNorm(.body)
        $0.residual = .parallel
    }

    private static let neoXNames: TensorNames = {
        var names = TensorNames.llama(
            [
                "attn.c_attn": "attention.query_key_value", "attn.c_proj": "attention.dense",
                "mlp.c_fc": "mlp.dense_h_to_4h", "mlp.c_proj": "mlp.dense_4h_to_h", "wte": "gpt_neox.embed_in",
                "ln_f": "gpt_neox.final_layer_norm", "lm_head": "embed_out",
            ],
            attention: .byGroup,
            layer: "gpt_neox.layers.*."
        )
        names.buffers += [".attention.bias", ".attention.masked_bias"]
        return names
    }()

    static let gptJ = likeLlama(
        "gpt-j",
        "GPT-J",
        HuggingFaceReading(
            types: ["gptj"],
            classes: ["GPTJForCausalLM"],
            isTied: false,
            rotaryShare: 1,
            fixed: [.ropeBase]
        ),
        names: .gptNeo(attention: "attn.", "mlp.fc_in", "mlp.fc_out")
    ) {
        $0.asLayerNorm([.mlp, .norm, .head])
        $0.activation = .geluTanh
        $0.residual = .shared
        $0.rotary?.pairing = .adjacent
    }

    static let gptNeo = likeLlama(
        "gpt-neo",
        "GPT-Neo",
        HuggingFaceReading(types: ["gpt_neo"], classes: ["GPTNeoForCausalLM"], isTied: true) {
            keys,
            operations,
            sizes throws(ReplayError) in
            keys.pass("attention_types")
            guard let (key, kinds) = try keys.list("attention_layers"), kinds.count == sizes.layers?.value,
                kinds.allSatisfy({ $0 == .text("global") || $0 == .text("local") })
            else { try keys.refuse("attention_layers", expected: "global or local for each layer") }
            let window = try keys.integer("window_size")?.value ?? 256
            guard window > 1 else { try keys.refuse(key, expected: "a window_size above one") }
            operations.shortLayers = Set(kinds.indices.filter { kinds[$0] == .text("local") })
            operations.shortWindow = window - 1
        },
        names: .gptNeo(attention: "attn.attention.", "mlp.c_fc", "mlp.c_proj")
    ) {
        $0.asLayerNorm([.projection, .mlp, .norm])
        $0.activation = .geluTanh
        $0.rotary = nil
        $0.attentionScale = 1
    }

    static let phi = likeLlama(
        "phi",
        "Phi 1 and 2",
        HuggingFaceReading(types: ["phi"], classes: ["PhiForCausalLM"], isTied: false, rotaryShare: 0.5),
        names: .llama([
            "attn.c_proj": "self_attn.dense", "mlp.c_fc": "mlp.fc1", "mlp.c_proj": "mlp.fc2",
            "ln_f": "model.final_layernorm",
        ])
    ) {
        $0.asLayerNorm([.body, .head])
        $0.activation = .geluTanh
        $0.residual = .shared
    }

    static let phi3 = likeLlama(
        "phi3",
        "Phi 3",
        HuggingFaceReading(types: ["phi3"], classes: ["Phi3ForCausalLM"], isTied: false, rotaryShare: 1) {
            keys,
            operations,
            sizes throws(ReplayError) in
            keys.pass("original_max_position_embeddings")
            try keys.window(&operations, sizes)
        },
        names: .llama(["mlp.c_fc": "mlp.gate_up_proj", "mlp.c_fc2": "mlp.gate_up_proj"], attention: .fused)
    )

    static let stableLM = likeLlama(
        "stablelm",
        "StableLM",
        HuggingFaceReading(types: ["stablelm"], classes: ["StableLmForCausalLM"], isTied: false, rotaryShare: 0.25) {
            keys,
            operations,
            _ throws(ReplayError) in
            if try keys.flag("use_qkv_bias") ?? false { operations.biases.insert(.attention) }
            if try keys.flag("use_parallel_residual") ?? false { operations.residual = .shared }
        }
    ) {
        $0.norm = .layerNorm
        $0.biases = .norm
    }

    static let starcoder2 = likeLlama(
        "starcoder2",
        "StarCoder 2",
        HuggingFaceReading(types: ["starcoder2"], classes: ["Starcoder2ForCausalLM"], isTied: true) {
            keys,
            operations,
            sizes throws(ReplayError) in
            if try keys.flag("use_bias") == false { operations.biases = .norm }
            try keys.window(&operations, sizes)
        },
        names: .llama(["mlp.c_fc": "mlp.c_fc", "mlp.c_proj": "mlp.c_proj"])
    ) {
        $0.asLayerNorm(.body)
        $0.activation = .geluTanh
    }

    static let nemotron = likeLlama(
        "nemotron",
        "Nemotron",
        HuggingFaceReading(types: ["nemotron"], classes: ["NemotronForCausalLM"], isTied: false, rotaryShare: 0.5) {
            keys,
            operations,
            _ throws(ReplayError) in
            operations.biases.formUnion(try keys.biases(attention: [.attention, .projection]))
        }
    ) {
        $0.asLayerNorm(.norm)
        $0.normOffset = 1
        $0.activation = .reluSquared
    }

    static let jais2 = likeLlama(
        "jais2",
        "Jais 2",
        HuggingFaceReading(types: ["jais2"], classes: ["Jais2ForCausalLM"], isTied: false, ropeBase: 500_000) {
            keys,
            operations,
            _ throws(ReplayError) in
            if try keys.flag("attention_bias") == false { operations.biases.subtract([.attention, .projection]) }
            if try keys.flag("mlp_bias") == false { operations.biases.remove(.mlp) }
        }
    ) {
        $0.asLayerNorm(.body)
        $0.activation = .reluSquared
    }

    static let cohere = likeLlama(
        "cohere",
        "Command R (Cohere)",
        HuggingFaceReading(types: ["cohere"], classes: ["CohereForCausalLM"], isTied: true) {
            keys,
            operations,
            _ throws(ReplayError) in
            operations.logitScale = try keys.number("logit_scale") ?? 0.0625
            operations.biases = try keys.biases(attention: [.attention, .projection])
        }
    ) {
        $0.norm = .layerNorm
        $0.residual = .shared
        $0.rotary?.pairing = .adjacent
    }

    private static let glmNames = ["mlp.c_fc": "mlp.gate_up_proj", "mlp.c_fc2": "mlp.gate_up_proj"]

    static let glm = likeLlama(
        "glm",
        "GLM",
        HuggingFaceReading(types: ["glm"], classes: ["GlmForCausalLM"], isTied: false, rotaryShare: 0.5) {
            keys,
            operations,
            _ throws(ReplayError) in
            operations.biases = try keys.biases(attention: .attention, usual: true)
        },
        names: .llama(glmNames)
    ) {
        $0.rotary?.pairing = .adjacent
    }

    static let glm4 = likeLlama(
        "glm4",
        "GLM 4",
        HuggingFaceReading(types: ["glm4"], classes: ["Glm4ForCausalLM"], isTied: false, rotaryShare: 0.5) {
            keys,
            operations,
            _ throws(ReplayError) in
            operations.biases = try keys.biases(attention: .attention, usual: true)
        },
        names: .llama(
            glmNames.merging([
                "attn.post_norm": "post_self_attn_layernorm", "mlp.post_norm": "post_mlp_layernorm",
            ]) { first, _ in first }
        )
    ) {
        $0.rotary?.pairing = .adjacent
        $0.normPlace = .around
    }

    static let nanochatHF = likeLlama(
        "nanochat-hf",
        "nanochat in Hugging Face's form",
        HuggingFaceReading(types: ["nanochat"], classes: ["NanoChatForCausalLM"], isTied: false) {
            keys,
            operations,
            _ throws(ReplayError) in
            operations.biases = try keys.biases(attention: [.attention, .projection])
            operations.softcap = try keys.number("final_logit_softcapping")
        },
        names: .llama(["mlp.c_fc": "mlp.fc1", "mlp.c_proj": "mlp.fc2"])
    ) {
        $0.norm = .rmsWithoutWeight
        $0.hasEmbeddingNorm = true
        $0.activation = .reluSquared
        $0.isGated = false
        $0.rotary?.pairing = .halvesReversed
        $0.queryKeyNorm = .init(isWeighted: false, isFirst: false)
    }
}

extension ModelOperations {
    /// LayerNorm and a plain MLP, with these biases.
    fileprivate mutating func asLayerNorm(_ biases: Biases) {
        norm = .layerNorm
        isGated = false
        activation = .gelu
        self.biases = biases
    }
}

extension TensorNames {
    /// The names of GPT-J and GPT-Neo, which are GPT-2's with attention in three.
    fileprivate static func gptNeo(attention: String, _ first: String, _ last: String) -> TensorNames {
        var names = TensorNames.llama(
            [
                "ln_1": "ln_1", "ln_2": "ln_2", "ln_f": "transformer.ln_f", "wte": "transformer.wte",
                "wpe": "transformer.wpe", "attn.c_q": attention + "q_proj", "attn.c_k": attention + "k_proj",
                "attn.c_v": attention + "v_proj", "attn.c_proj": attention + "out_proj", "mlp.c_fc": first,
                "mlp.c_proj": last,
            ],
            layer: "transformer.h.*."
        )
        names.buffers += [".attn.bias", ".attn.masked_bias", ".attention.bias", ".attention.masked_bias"]
        return names
    }
}
