extension ModelArchitecture {
    /// Every family that can be run.
    public static let all: [ModelArchitecture] = [.gpt2, .llama, .nanochat]

    /// What the families are called, as in "GPT-2, Llama or nanochat".
    static var titles: String {
        let titles = all.map(\.title)
        return titles.dropLast().joined(separator: ", ") + " or " + (titles.last ?? "")
    }

    /// The family with an id.
    public static func named(_ id: String) -> ModelArchitecture? { all.first { $0.id == id } }

    /// The family that a file's tensors are of, wrappers' prefixes taken off. Throws `ReplayError.unsupportedFormat` for an
    /// optimizer's tensors.
    static func recognise(_ names: some Collection<String>, path: String) throws(ReplayError) -> ModelArchitecture {
        if let found = all.first(where: { $0.isShown(by: names) }) { return found }
        guard !names.contains(where: { $0.hasPrefix("exp_avg") }) else {
            throw .unsupportedFormat(path: path, format: "an optimizer state", remedy: "give the model's file")
        }
        // Without a sign the file is read as a GPT-2: the error then names the first tensor that is missing.
        return .gpt2
    }

    /// Whether one of the names is a sign of the family.
    package func isShown(by names: some Collection<String>) -> Bool {
        names.contains { name in signs.contains { $0.matches(name) } }
    }
}

extension ModelSizes {
    /// The sizes of a model with one tensor each for queries, keys and values, by the shapes of its first layer's.
    /// `context`: the longest sequence where neither configuration nor file says.
    static func ofSeparateAttention(
        _ tensors: NamedTensors,
        _ overrides: CheckpointOverrides,
        context: Int
    ) throws(ReplayError) -> ModelSizes {
        let embedding = try tensors.matrix("wte.weight")
        let up = try tensors.matrix("mlp.c_fc.weight", layer: 0)
        let queries = try tensors.matrix("attn.c_q.weight", layer: 0)
        let keys = try tensors.matrix("attn.c_k.weight", layer: 0)
        let heads = try overrides.requiredHeads(path: tensors.path)
        let width = max(1, try headWidth(queries.rows, heads: heads))
        guard keys.rows > 0, keys.rows % width == 0 else {
            throw .wrongShape(
                path: tensors.path,
                name: tensors.names.name("attn.c_k.weight", layer: 0),
                expected: [width, embedding.columns],
                actual: [keys.rows, keys.columns]
            )
        }
        return ModelSizes(
            layers: tensors.layerCount("attn.c_q.weight"),
            heads: heads,
            keyValueHeads: keys.rows / width,
            headWidth: width,
            channels: embedding.columns,
            hidden: up.rows,
            maximumSequence: overrides.maximumSequence ?? context,
            vocabulary: try overrides.vocabulary(ofRows: embedding.rows, path: tensors.path),
            paddedVocabulary: embedding.rows
        )
    }
}
