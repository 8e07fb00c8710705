/// Llama-2 and -3 under Hugging Face's names; all linear weights are (out, in).
enum LlamaTensors {
    static func plan(
        _ tensors: [String: StoredTensor],
        stored: StoredModel,
        overrides: CheckpointOverrides
    ) throws(ReplayError) -> ModelPlan {
        let path = stored.path
        let tensors = tensors.filter { !$0.key.hasSuffix(".rotary_emb.inv_freq") }
        let embedding = try ModelWeights.matrix("model.embed_tokens.weight", tensors, path: path)
        let layer = "model.layers.0."
        let up = try ModelWeights.matrix(layer + "mlp.up_proj.weight", tensors, path: path)
        let queries = try ModelWeights.matrix(layer + "self_attn.q_proj.weight", tensors, path: path)
        let keys = try ModelWeights.matrix(layer + "self_attn.k_proj.weight", tensors, path: path)
        let heads = try ModelWeights.heads(overrides, path: path)
        guard heads > 0, queries.rows % heads == 0 else {
            throw .invalidDescription(field: "heads", value: heads, expected: "a divisor of \(queries.rows) channels")
        }
        let width = max(1, queries.rows / heads)
        guard keys.rows > 0, keys.rows % width == 0 else {
            throw .wrongShape(
                path: path,
                name: layer + "self_attn.k_proj.weight",
                expected: [width, embedding.columns],
                actual: [keys.rows, keys.columns]
            )
        }
        let vocabulary = try ModelWeights.vocabulary(overrides, rows: embedding.rows, path: path)
        // A tied head is left out, or saved a second time.
        var isTied = tensors["lm_head.weight"] == nil
        if let head = tensors["lm_head.weight"], let table = tensors["model.embed_tokens.weight"] {
            isTied = ModelWeights.areSame(head, table, in: stored)
        }
        var rotary = overrides.rotary ?? RotaryEmbedding()
        if let base = overrides.ropeBase { rotary.base = base }
        let description = try TransformerDescription(
            llamaLayers: ModelWeights.layerCount(tensors) { ["model.layers.\($0).self_attn.q_proj.weight"] },
            heads: heads,
            keyValueHeads: keys.rows / width,
            headWidth: width,
            channels: embedding.columns,
            hidden: up.rows,
            maximumSequence: overrides.maximumSequence ?? 1 << 17,
            vocabulary: vocabulary,
            paddedVocabulary: embedding.rows,
            activation: overrides.activation ?? .silu,
            normEpsilon: overrides.normEpsilon ?? 1e-5,
            rotary: rotary,
            isHeadTied: isTied
        )
        return ModelPlan(description: description, tensors: tensors, ignored: isTied ? ["lm_head.weight"] : [])
    }
}
