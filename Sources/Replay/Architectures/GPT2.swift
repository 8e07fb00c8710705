/// GPT-2 under Hugging Face's or nanoGPT's names. Hugging Face's Conv1D keeps linear weights as (in, out), nanoGPT's
/// Linear as (out, in); shapes tell them apart, and the square attention projection follows the qkv weight of its layer.
enum GPT2Tensors {
    static func plan(
        _ stored: [String: StoredTensor],
        stored model: StoredModel,
        overrides: CheckpointOverrides
    ) throws(ReplayError) -> ModelPlan {
        let path = model.path
        let tensors = try named(stored, path: path)
        let description = try describe(tensors, path: path, overrides: overrides)
        if let head = tensors["lm_head.weight"], let wte = tensors["wte.weight"],
            !ModelWeights.areSame(head, wte, in: model)
        {
            throw .unsupportedModel(path: path, detail: "its head (lm_head.weight) is not tied to the embedding")
        }
        return ModelPlan(
            description: description,
            tensors: tensors,
            ignored: ["lm_head.weight"],
            isTransposed: try orientations(tensors, description: description, path: path)
        )
    }

    /// The entries under their plain names, attention-mask buffers removed.
    static func named(
        _ stored: [String: StoredTensor],
        path: String
    ) throws(ReplayError) -> [String: StoredTensor] {
        var tensors: [String: StoredTensor] = [:]
        for (name, entry) in stored.sorted(by: { $0.key < $1.key }) {
            let plain = name.hasPrefix("transformer.") ? String(name.dropFirst("transformer.".count)) : name
            if plain.hasSuffix(".attn.bias") || plain.hasSuffix(".attn.masked_bias") { continue }
            guard tensors.updateValue(entry, forKey: plain) == nil else {
                throw .malformedHeader(path: path, detail: "tensor \(plain) is there twice, with and without prefix")
            }
        }
        return tensors
    }

    private static func describe(
        _ tensors: [String: StoredTensor],
        path: String,
        overrides: CheckpointOverrides
    ) throws(ReplayError) -> TransformerDescription {
        guard tensors["wte.weight"] != nil, tensors["h.0.attn.c_attn.weight"] != nil else {
            throw stranger(tensors, path: path)
        }
        let wte = try ModelWeights.matrix("wte.weight", tensors, path: path)
        let wpe = try ModelWeights.matrix("wpe.weight", tensors, path: path)
        guard wpe.columns == wte.columns else {
            throw .wrongShape(
                path: path,
                name: "wpe.weight",
                expected: [wpe.rows, wte.columns],
                actual: [wpe.rows, wpe.columns]
            )
        }
        let heads = try ModelWeights.heads(overrides, path: path)
        let vocabulary = try ModelWeights.vocabulary(overrides, rows: wte.rows, path: path)
        var hidden: Int?
        if let shape = tensors["h.0.mlp.c_fc.weight"]?.shape, shape.count == 2 {
            hidden = shape[0] == wte.columns ? shape[1] : shape[0]
        }
        return try TransformerDescription(
            layers: ModelWeights.layerCount(tensors) { ["h.\($0).ln_1.weight", "h.\($0).attn.c_attn.weight"] },
            heads: heads,
            channels: wte.columns,
            hidden: hidden,
            maximumSequence: wpe.rows,
            vocabulary: vocabulary,
            paddedVocabulary: wte.rows,
            activation: overrides.activation ?? .geluTanh,
            hasBiases: tensors["h.0.attn.c_attn.bias"] != nil,
            normEpsilon: overrides.normEpsilon ?? 1e-5,
            attentionScale: overrides.attentionScale
        )
    }

    /// Says what a file without GPT-2's tensors seems to be.
    private static func stranger(_ tensors: [String: StoredTensor], path: String) -> ReplayError {
        let names = tensors.keys.sorted()
        if names.contains(where: { $0.hasPrefix("exp_avg") }) {
            return .unsupportedFormat(path: path, format: "an optimizer state", remedy: "give the model's file")
        }
        return .missingTensor(path: path, name: names.contains("wte.weight") ? "h.0.attn.c_attn.weight" : "wte.weight")
    }

    /// Per layer, whether its linear weights are (in, out).
    static func orientations(
        _ tensors: [String: StoredTensor],
        description: TransformerDescription,
        path: String
    ) throws(ReplayError) -> [Bool] {
        let channels = description.channels
        var result: [Bool] = []
        for layer in 0..<description.layers {
            let name = "h.\(layer).attn.c_attn.weight"
            guard let shape = tensors[name]?.shape else { throw .missingTensor(path: path, name: name) }
            guard shape == [channels, 3 * channels] || shape == [3 * channels, channels] else {
                throw .wrongShape(path: path, name: name, expected: [3 * channels, channels], actual: shape)
            }
            result.append(shape[0] == channels)
        }
        return result
    }
}
