/// nanochat, from October 2025 on. What the weights show of their version is taken from them; the constants, which they do
/// not show, from `CheckpointOverrides.nanochatDay` or else from the earliest version that has these weights.
enum NanochatTensors {
    static func plan(
        _ tensors: [String: StoredTensor],
        stored: StoredModel,
        overrides: CheckpointOverrides
    ) throws(ReplayError) -> ModelPlan {
        let path = stored.path
        let embedding = try ModelWeights.matrix("transformer.wte.weight", tensors, path: path)
        let queries = try ModelWeights.matrix("transformer.h.0.attn.c_q.weight", tensors, path: path)
        let keys = try ModelWeights.matrix("transformer.h.0.attn.c_k.weight", tensors, path: path)
        let hidden = try ModelWeights.matrix("transformer.h.0.mlp.c_fc.weight", tensors, path: path)
        let heads = try ModelWeights.heads(overrides, path: path)
        guard heads > 0, queries.rows % heads == 0 else {
            throw .invalidDescription(field: "heads", value: heads, expected: "a divisor of \(queries.rows) channels")
        }
        let width = max(1, queries.rows / heads)
        let sequence = overrides.maximumSequence ?? 2048
        let description = try TransformerDescription(
            nanochatLayers: ModelWeights.layerCount(tensors) { ["transformer.h.\($0).attn.c_q.weight"] },
            heads: heads,
            keyValueHeads: max(1, keys.rows / width),
            headWidth: width,
            channels: embedding.columns,
            hidden: hidden.rows,
            maximumSequence: sequence,
            vocabulary: try ModelWeights.vocabulary(overrides, rows: embedding.rows, path: path),
            paddedVocabulary: embedding.rows,
            options: try options(tensors, overrides: overrides, sequence: sequence, path: path)
        )
        return ModelPlan(description: description, tensors: tensors)
    }

    private static func options(
        _ tensors: [String: StoredTensor],
        overrides: CheckpointOverrides,
        sequence: Int,
        path: String
    ) throws(ReplayError) -> NanochatOptions {
        func columns(_ suffix: String) -> Int {
            let name = tensors.keys.filter { $0.hasSuffix(suffix) }.min()
            return name.flatMap { tensors[$0]?.shape.last } ?? 0
        }
        let gate = columns(".attn.ve_gate.weight")
        let day = overrides.nanochatDay ?? firstDay(tensors, gate: gate)
        guard var options = NanochatOptions.constants(ofDay: day, sequence: sequence) else {
            throw .conflictingOption(
                key: "model.version",
                configured: day,
                file: "a day from 2025-10-13 on, as YYYY-MM-DD,",
                path: path
            )
        }
        // The embedding is kept in the type that the run computed in.
        if tensors["transformer.wte.weight"]?.type == ElementType.bf16.rawValue { options.hasBF16Tables = true }
        options.valueGate = gate
        options.smearGate = tensors["smear_gate.weight"]?.shape.last ?? 0
        options.hasBackout = tensors["backout_lambda"] != nil
        options.hasResidualMix = tensors["resid_lambdas"] != nil
        options.windowPattern = overrides.windowPattern ?? "L"
        if let softcap = overrides.softcap { options.softcap = softcap }
        if let gain = overrides.queryKeyGain { options.queryKeyGain = gain }
        if let base = overrides.ropeBase { options.rotaryBase = base }
        if let window = overrides.shortWindow { options.shortWindow = window }
        return options
    }

    /// The day from which on there are weights of these kinds.
    private static func firstDay(_ tensors: [String: StoredTensor], gate: Int) -> String {
        if tensors["smear_gate.weight"] != nil { return "2026-03-14" }
        if gate > 0 { return gate == 32 ? "2026-01-16" : "2026-03-09" }
        return tensors["resid_lambdas"] != nil ? "2026-01-11" : "2025-10-13"
    }
}
