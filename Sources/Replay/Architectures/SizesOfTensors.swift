extension ModelSizes {
    /// The sizes that a file's tensors show, with the heads that a configuration states.
    /// `context`: the longest sequence where neither configuration nor file says.
    static func of(
        _ tensors: NamedTensors,
        _ overrides: CheckpointOverrides,
        context: Int
    ) throws(ReplayError) -> ModelSizes {
        let names = tensors.names
        let embedding = try tensors.matrix("wte.weight")
        let up = try tensors.matrix("mlp.c_fc.weight", layer: 0)
        let heads = try overrides.requiredHeads(path: tensors.path)
        let declared = overrides.declared
        let width: Int
        let keyValueHeads: Int
        if names.attention == .separate {
            let queries = try tensors.matrix("attn.c_q.weight", layer: 0)
            let keys = try tensors.matrix("attn.c_k.weight", layer: 0)
            width = max(1, try Self.width(declared, of: queries.rows, heads: heads))
            guard keys.rows > 0, keys.rows % width == 0 else {
                throw .wrongShape(
                    path: tensors.path,
                    name: names.name("attn.c_k.weight", layer: 0),
                    expected: [width, embedding.columns],
                    actual: [keys.rows, keys.columns]
                )
            }
            keyValueHeads = keys.rows / width
        } else {
            width = try Self.width(declared, of: embedding.columns, heads: heads)
            keyValueHeads = declared?.keyValueHeads?.value ?? heads
        }
        return ModelSizes(
            layers: tensors.layerCount("attn.c_q.weight", "attn.c_attn.weight"),
            heads: heads,
            keyValueHeads: keyValueHeads,
            headWidth: width,
            channels: embedding.columns,
            hidden: names.isGateFused ? up.rows / 2 : up.rows,
            maximumSequence: tensors["wpe.weight"].map { $0.shape.first ?? 0 } ?? overrides.maximumSequence ?? context,
            vocabulary: try overrides.vocabulary(ofRows: embedding.rows, path: tensors.path),
            paddedVocabulary: embedding.rows
        )
    }

    private static func width(_ declared: DeclaredSizes?, of channels: Int, heads: Int) throws(ReplayError) -> Int {
        if let width = declared?.headWidth?.value { return width }
        return try headWidth(channels, heads: heads)
    }
}
