// Families that normalise queries and keys, or what attention and MLP give: OLMo, EXAONE, Gemma.
extension HuggingFaceFamilies {
    /// Norms of the outputs alone.
    private static let afterNames = TensorNames.llama([
        "attn.post_norm": "post_attention_layernorm", "mlp.post_norm": "post_feedforward_layernorm",
    ])
    /// Norms on both sides.
    private static let aroundNames = TensorNames.llama([
        "attn.post_norm": "post_attention_layernorm", "mlp.post_norm": "post_feedforward_layernorm",
        "ln_2": "pre_feedforward_layernorm",
    ])

    static let olmo = likeLlama(
        "olmo",
        "OLMo",
        HuggingFaceReading(types: ["olmo"], classes: ["OlmoForCausalLM"], isTied: false, fixed: [.normEpsilon]) {
            keys,
            operations,
            _ throws(ReplayError) in
            operations.biases = try keys.biases(attention: [.attention, .projection])
        }
    ) {
        $0.norm = .layerNormWithoutWeight
    }

    static let olmo2 = likeLlama(
        "olmo2",
        "OLMo 2",
        HuggingFaceReading(types: ["olmo2"], classes: ["Olmo2ForCausalLM"], isTied: false) {
            keys,
            operations,
            _ throws(ReplayError) in
            operations.biases = try keys.biases(attention: [.attention, .projection])
        },
        names: afterNames
    ) {
        $0.normPlace = .after
        $0.queryKeyNorm = .init(isWide: true)
    }

    static let olmo3 = likeLlama(
        "olmo3",
        "OLMo 3",
        HuggingFaceReading(
            types: ["olmo3"],
            classes: ["Olmo3ForCausalLM"],
            isTied: false,
            ropeBase: 500_000,
            localRopeBase: 500_000
        ) { keys, operations, sizes throws(ReplayError) in
            operations.biases = try keys.biases(attention: [.attention, .projection])
            try keys.window(&operations, sizes) { ($0 + 1) % 4 != 0 }
        },
        names: afterNames
    ) {
        $0.normPlace = .after
        $0.queryKeyNorm = .init(isWide: true)
    }

    static let exaone4 = likeLlama(
        "exaone4",
        "EXAONE 4",
        HuggingFaceReading(types: ["exaone4"], classes: ["Exaone4ForCausalLM"], isTied: false) {
            keys,
            operations,
            sizes throws(ReplayError) in
            // With a pattern the last layer sees everything, and so has no positions.
            let every = try keys.integer("sliding_window_pattern")?.value ?? 4
            guard every > 0 else { try keys.refuse("sliding_window_pattern", expected: "a number above zero") }
            let isWindowed = keys.values["sliding_window"] ?? .null != .null
            try keys.window(&operations, sizes) { ($0 + 1) % every != 0 }
            guard isWindowed else { return }
            let count = max(0, min(sizes.layers?.value ?? 0, 4096))
            operations.unrotatedLayers = Set(0..<count).subtracting(operations.shortLayers)
        },
        names: afterNames
    ) {
        $0.normPlace = .after
        $0.queryKeyNorm = .init()
    }

    static let gemma = likeLlama(
        "gemma",
        "Gemma",
        HuggingFaceReading(types: ["gemma"], classes: ["GemmaForCausalLM"], isTied: true) {
            keys,
            operations,
            sizes throws(ReplayError) in
            // Versions of transformers disagree on what a plain gelu stands for.
            if keys.values["hidden_activation"] ?? .null == .null, keys.values["hidden_act"] == .text("gelu") {
                try keys.refuse("hidden_act", expected: "gelu_pytorch_tanh, which transformers 4 ran for it")
            }
            try keys.gemma(&operations, sizes)
        },
        order: llamaOrder
    ) {
        $0.asGemma()
    }

    static let gemma2 = likeLlama(
        "gemma2",
        "Gemma 2",
        HuggingFaceReading(types: ["gemma2"], classes: ["Gemma2ForCausalLM"], isTied: true) {
            keys,
            operations,
            sizes throws(ReplayError) in
            try keys.gemma(&operations, sizes)
            try keys.window(&operations, sizes) { $0 % 2 == 0 }
        },
        names: aroundNames
    ) {
        $0.asGemma()
        $0.normPlace = .around
    }

    static let gemma3 = likeLlama(
        "gemma3",
        "Gemma 3 (text)",
        HuggingFaceReading(
            types: ["gemma3_text"],
            classes: ["Gemma3ForCausalLM"],
            isTied: true,
            ropeBase: 1_000_000,
            localRopeBase: 10_000
        ) { keys, operations, sizes throws(ReplayError) in
            try keys.gemma(&operations, sizes)
            let every = try keys.integer("sliding_window_pattern", "_sliding_window_pattern")?.value ?? 6
            guard every > 0 else { try keys.refuse("sliding_window_pattern", expected: "a number above zero") }
            try keys.window(&operations, sizes) { ($0 + 1) % every != 0 }
        },
        names: aroundNames
    ) {
        $0.asGemma()
        $0.normPlace = .around
        $0.queryKeyNorm = .init()
    }

    static let vaultGemma = likeLlama(
        "vaultgemma",
        "VaultGemma",
        HuggingFaceReading(types: ["vaultgemma"], classes: ["VaultGemmaForCausalLM"], isTied: true) {
            keys,
            operations,
            sizes throws(ReplayError) in
            try keys.gemma(&operations, sizes)
            try keys.window(&operations, sizes) { $0 % 2 == 0 }
        },
        names: .llama(["ln_2": "pre_feedforward_layernorm"])
    ) {
        $0.asGemma()
    }
}

extension ModelOperations {
    /// What all Gemmas have: norms by 1 + w and a gated GELU.
    fileprivate mutating func asGemma() {
        normEpsilon = 1e-6
        normOffset = 1
        activation = .geluTanh
    }
}

extension ConfigurationKeys {
    /// What all Gemmas read: the embedding's factor is the root of its width.
    fileprivate mutating func gemma(
        _ operations: inout ModelOperations,
        _ sizes: DeclaredSizes
    ) throws(ReplayError) {
        operations.biases = try biases(attention: [.attention, .projection])
        guard let channels = sizes.channels?.value, channels > 0 else {
            throw .malformedHeader(path: path, detail: "`hidden_size` is missing, expected a whole number")
        }
        operations.embeddingScale = Float(Double(channels).squareRoot())
        if let scalar = try number("query_pre_attn_scalar"), scalar > 0 {
            operations.attentionScale = Float(1 / Double(scalar).squareRoot())
        }
        operations.attentionSoftcap = try number("attn_logit_softcapping")
        operations.softcap = try number("final_logit_softcapping")
    }
}
