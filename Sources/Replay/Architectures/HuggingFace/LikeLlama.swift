// Families that differ from Llama in biases, windows, positions and factors.
extension HuggingFaceFamilies {
    static let mistral = likeLlama(
        "mistral",
        "Mistral",
        HuggingFaceReading(types: ["mistral"], classes: ["MistralForCausalLM"], isTied: false) {
            keys,
            operations,
            sizes throws(ReplayError) in
            try keys.window(&operations, sizes)
        },
        order: llamaOrder
    )

    static let ministral = likeLlama(
        "ministral",
        "Ministral",
        HuggingFaceReading(types: ["ministral"], classes: ["MinistralForCausalLM"], isTied: false) {
            keys,
            operations,
            sizes throws(ReplayError) in
            try keys.window(&operations, sizes)
        },
        order: llamaOrder
    )

    static let qwen2 = likeLlama(
        "qwen2",
        "Qwen 2",
        HuggingFaceReading(types: ["qwen2"], classes: ["Qwen2ForCausalLM"], isTied: false) {
            keys,
            operations,
            sizes throws(ReplayError) in
            try keys.qwenWindow(&operations, sizes)
        }
    ) {
        $0.biases = .attention
    }

    static let qwen3 = likeLlama(
        "qwen3",
        "Qwen 3",
        HuggingFaceReading(types: ["qwen3"], classes: ["Qwen3ForCausalLM"], isTied: false) {
            keys,
            operations,
            sizes throws(ReplayError) in
            try keys.qwenWindow(&operations, sizes)
            operations.biases = try keys.biases(attention: [.attention, .projection])
        }
    ) {
        $0.queryKeyNorm = .init()
    }

    static let smolLM3 = likeLlama(
        "smollm3",
        "SmolLM3",
        HuggingFaceReading(types: ["smollm3"], classes: ["SmolLM3ForCausalLM"], isTied: true, ropeBase: 2_000_000) {
            keys,
            operations,
            sizes throws(ReplayError) in
            operations.biases = try keys.biases(attention: [.attention, .projection])
            let every = try keys.integer("no_rope_layer_interval")?.value ?? 4
            let count = max(0, min(sizes.layers?.value ?? 0, 4096))
            if let (key, values) = try keys.list("no_rope_layers") {
                guard values.count >= count, values.allSatisfy({ $0 == .number(0) || $0 == .number(1) }) else {
                    try keys.refuse(key, expected: "a 0 or a 1 for each of \(count) layers")
                }
                operations.unrotatedLayers = Set((0..<count).filter { values[$0] == .number(0) })
            } else {
                guard every > 0 else { try keys.refuse("no_rope_layer_interval", expected: "a number above zero") }
                operations.unrotatedLayers = Set((0..<count).filter { ($0 + 1) % every == 0 })
            }
            let plain = operations.unrotatedLayers
            let isUsed = try keys.flag("use_sliding_window") ?? false
            try keys.window(&operations, sizes) { isUsed && plain.contains($0) }
            if !isUsed { (operations.shortLayers, operations.shortWindow) = ([], 0) }
        },
        order: llamaOrder
    )

    static let granite = likeLlama(
        "granite",
        "Granite",
        HuggingFaceReading(types: ["granite"], classes: ["GraniteForCausalLM"], isTied: false) {
            keys,
            operations,
            _ throws(ReplayError) in
            operations.biases = try keys.biases(attention: [.attention, .projection])
            operations.attentionScale = try keys.number("attention_multiplier") ?? 1
            operations.embeddingScale = try keys.number("embedding_multiplier") ?? 1
            operations.residualScale = try keys.number("residual_multiplier") ?? 1
            operations.logitScale = 1 / (try keys.number("logits_scaling") ?? 1)
        },
        order: llamaOrder
    )

    static let seedOSS = likeLlama(
        "seed-oss",
        "Seed-OSS",
        HuggingFaceReading(types: ["seed_oss"], classes: ["SeedOssForCausalLM"], isTied: false) {
            keys,
            operations,
            _ throws(ReplayError) in
            operations.biases = try keys.biases(attention: .attention, usual: true)
            if try keys.flag("attention_out_bias") ?? false { operations.biases.insert(.projection) }
        }
    )

    static let cwm = likeLlama(
        "cwm",
        "CWM",
        HuggingFaceReading(types: ["cwm"], classes: ["CwmForCausalLM"], isTied: false, ropeBase: 1_000_000) {
            keys,
            operations,
            sizes throws(ReplayError) in
            try keys.window(&operations, sizes) { $0 % 4 != 0 }
            operations.biases = try keys.biases(attention: [])
        },
        order: llamaOrder
    )

    static let arcee = likeLlama(
        "arcee",
        "Arcee",
        HuggingFaceReading(types: ["arcee"], classes: ["ArceeForCausalLM"], isTied: false) {
            keys,
            operations,
            _ throws(ReplayError) in
            operations.biases = try keys.biases(attention: [.attention, .projection])
        }
    ) {
        $0.activation = .reluSquared
        $0.isGated = false
    }

    static let helium = likeLlama(
        "helium",
        "Helium",
        HuggingFaceReading(types: ["helium"], classes: ["HeliumForCausalLM"], isTied: false, ropeBase: 100_000) {
            keys,
            operations,
            _ throws(ReplayError) in
            operations.biases = try keys.biases(attention: .attention)
        },
        order: llamaOrder
    ) {
        $0.rotary?.pairing = .adjacent
    }

    static let ernie = likeLlama(
        "ernie4.5",
        "Ernie 4.5",
        HuggingFaceReading(types: ["ernie4_5"], classes: ["Ernie4_5ForCausalLM"], isTied: true, ropeBase: 500_000) {
            keys,
            operations,
            _ throws(ReplayError) in
            operations.biases = try keys.flag("use_bias") ?? false ? [.attention, .projection, .mlp] : []
        }
    ) {
        $0.rotary?.pairing = .adjacent
    }

    static let hunYuan = likeLlama(
        "hunyuan",
        "HunYuan (dense)",
        HuggingFaceReading(types: ["hunyuan_v1_dense"], classes: ["HunYuanDenseV1ForCausalLM"], isTied: false) {
            keys,
            operations,
            _ throws(ReplayError) in
            operations.biases = try keys.biases(attention: [.attention, .projection])
        },
        names: .llama(["attn.q_norm": "self_attn.query_layernorm", "attn.k_norm": "self_attn.key_layernorm"])
    ) {
        $0.queryKeyNorm = .init(isFirst: false)
    }
}

extension ConfigurationKeys {
    /// The window of Qwen's later layers, off unless `use_sliding_window` is true.
    fileprivate mutating func qwenWindow(
        _ operations: inout ModelOperations,
        _ sizes: DeclaredSizes
    ) throws(ReplayError) {
        guard try flag("use_sliding_window") ?? false else {
            let layers = try slidingLayers(of: sizes.layers) { _ in false }
            guard layers.isEmpty else { try refuse("layer_types", expected: "full_attention alone without a window") }
            pass("sliding_window", "max_window_layers")
            return
        }
        try window(&operations, sizes)
    }
}
