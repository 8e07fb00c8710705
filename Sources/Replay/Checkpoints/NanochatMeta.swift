import Foundation

/// What nanochat's `meta_000320.json` beside `model_000320.pt` says about the model.
struct NanochatMeta: Decodable, CheckpointSidecar {
    private struct Model: Decodable {
        var n_layer: Int?
        var n_embd: Int?
        var n_kv_head: Int?
        var sequence_len: Int?
        var vocab_size: Int?
        var n_head: Int?
        var window_pattern: String?
    }
    private var model_config: Model?

    /// The overrides, completed; as they are without such a file. Throws `ReplayError.conflictingOption`, and
    /// `ReplayError.malformedHeader` for a file that is damaged.
    static func complete(
        _ overrides: CheckpointOverrides,
        besideCheckpoint path: String
    ) throws(ReplayError) -> CheckpointOverrides {
        let file = URL(fileURLWithPath: path)
        let name = file.deletingPathExtension().lastPathComponent
        guard name.hasPrefix("model_") else { return overrides }
        let meta = file.deletingLastPathComponent()
            .appendingPathComponent("meta_" + name.dropFirst("model_".count) + ".json")
        guard let data = try SmallJSON.data(meta.path) else { return overrides }
        guard let model = try SmallJSON.decode(Self.self, data, path: meta.path).model_config else { return overrides }
        var result = overrides
        try result.agree(onHeads: model.n_head, path: meta.path)
        result.named = .nanochat
        func declared(_ key: String, _ value: Int?) -> Declared? { value.map { Declared(key: key, value: $0) } }
        result.declared = DeclaredSizes(
            layers: declared("n_layer", model.n_layer),
            keyValueHeads: declared("n_kv_head", model.n_kv_head),
            channels: declared("n_embd", model.n_embd)
        )
        result.vocabulary = overrides.vocabulary ?? model.vocab_size
        result.maximumSequence = overrides.maximumSequence ?? model.sequence_len
        result.windowPattern = overrides.windowPattern ?? model.window_pattern
        return result
    }
}
