extension ModelArchitecture {
    /// Learned positions, LayerNorm, head tied to the embedding; under Hugging Face's or nanoGPT's names.
    public static let gpt2 = ModelArchitecture(
        id: "gpt2",
        title: "GPT-2",
        signs: [.suffix(".attn.c_attn.weight")],
        names: TensorNames(
            layer: "h.*.",
            optionalPrefix: "transformer.",
            buffers: [".attn.bias", ".attn.masked_bias"],
            attention: .fused
        ),
        operations: ModelOperations(norm: .layerNorm, activation: .geluTanh),
        head: .either,
        sizes: GPT2.sizes,
        adjust: { operations, tensors, overrides, _ throws(ReplayError) in
            operations.apply(overrides)
            operations.biases = tensors["attn.c_attn.bias", 0] != nil ? .body : []
        },
        orientations: GPT2.orientations,
        configuration: HuggingFaceReading(
            types: ["gpt2"],
            classes: ["GPT2LMHeadModel"],
            isTied: true,
            read: GPT2.read
        ),
        llmc: LlmcLayout(magic: 20_240_326, describe: GPT2.describe, fields: GPT2.fields)
    )
}

private enum GPT2 {
    static func read(
        _ keys: inout ConfigurationKeys,
        _ operations: inout ModelOperations,
        _ sizes: DeclaredSizes
    ) throws(ReplayError) {
        if try keys.flag("scale_attn_weights") == false { operations.attentionScale = 1 }
        operations.isScaledByLayer = try keys.flag("scale_attn_by_inverse_layer_idx") ?? false
    }

    static func sizes(_ tensors: NamedTensors, _ overrides: CheckpointOverrides) throws(ReplayError) -> ModelSizes {
        let path = tensors.path
        for (name, layer) in [("wte.weight", nil), ("attn.c_attn.weight", 0)] where tensors[name, layer] == nil {
            throw .missingTensor(path: path, name: tensors.names.name(name, layer: layer))
        }
        let wte = try tensors.matrix("wte.weight")
        let wpe = try tensors.matrix("wpe.weight")
        guard wpe.columns == wte.columns else {
            throw .wrongShape(
                path: path,
                name: "wpe.weight",
                expected: [wpe.rows, wte.columns],
                actual: [wpe.rows, wpe.columns]
            )
        }
        let heads = try overrides.requiredHeads(path: path)
        if let declared = overrides.declared?.context, declared.value != wpe.rows {
            throw .contradiction(
                path: overrides.configuration?.keys.path ?? path,
                key: declared.key,
                said: "\(declared.value)",
                file: path,
                found: "\(wpe.rows) rows in the position table"
            )
        }
        let vocabulary = try overrides.vocabulary(ofRows: wte.rows, path: path)
        var hidden: Int?
        if let shape = tensors["mlp.c_fc.weight", 0]?.shape, shape.count == 2 {
            hidden = shape[0] == wte.columns ? shape[1] : shape[0]
        }
        return try ModelSizes(
            gpt2Layers: tensors.layerCount("ln_1.weight", "attn.c_attn.weight"),
            heads: heads,
            channels: wte.columns,
            hidden: hidden,
            maximumSequence: wpe.rows,
            vocabulary: vocabulary,
            paddedVocabulary: wte.rows
        )
    }

    /// Hugging Face's Conv1D keeps linear weights as (in, out), nanoGPT's Linear as (out, in). Shapes tell them apart, and the
    /// square attention projection follows the qkv weight of its layer.
    static func orientations(_ tensors: NamedTensors, _ sizes: ModelSizes) throws(ReplayError) -> [Bool] {
        let channels = sizes.channels
        var result: [Bool] = []
        for layer in 0..<sizes.layers {
            let name = tensors.names.name("attn.c_attn.weight", layer: layer)
            guard let shape = tensors.tensors[name]?.shape else { throw .missingTensor(path: tensors.path, name: name) }
            guard shape == [channels, 3 * channels] || shape == [3 * channels, channels] else {
                throw .wrongShape(path: tensors.path, name: name, expected: [3 * channels, channels], actual: shape)
            }
            result.append(shape[0] == channels)
        }
        return result
    }

    /// llm.c's header holds maxT, V, L, heads, C and Vp.
    static func describe(
        _ header: LlmcHeader,
        _ overrides: CheckpointOverrides
    ) throws(ReplayError) -> TransformerDescription {
        let description = try header.wellFormed { () throws(ReplayError) in
            try TransformerDescription(
                layers: header[4],
                heads: header[5],
                channels: header[6],
                maximumSequence: header[2],
                vocabulary: header[3],
                paddedVocabulary: header[7],
                activation: overrides.activation ?? .geluTanh
            )
        }
        try agree(overrides.heads, description.heads, key: "model.heads", path: header.path)
        try agree(overrides.vocabulary, description.vocabulary, key: "model.vocabulary", path: header.path)
        return description
    }

    private static func agree(_ configured: Int?, _ file: Int, key: String, path: String) throws(ReplayError) {
        guard let configured, configured != file else { return }
        throw .conflictingOption(key: key, configured: "\(configured)", file: "\(file)", path: path)
    }

    static func fields(_ model: TransformerDescription, path: String) throws(ReplayError) -> [Int] {
        guard model.hidden == 4 * model.channels else {
            throw .unsupportedModel(path: path, detail: "llm.c model files hold a GPT-2, this model is another")
        }
        guard model.biases == .body, model.isHeadTied else {
            throw .unsupportedModel(path: path, detail: "llm.c model files hold a GPT-2 with biases, this is another")
        }
        return [
            model.maximumSequence, model.vocabulary, model.layers, model.heads, model.channels, model.paddedVocabulary,
        ]
    }
}

extension ModelSizes {
    /// The sizes of a GPT-2. `paddedVocabulary` defaults to `vocabulary`, `hidden` to four times `channels`. Throws
    /// `ReplayError.invalidDescription`.
    fileprivate init(
        gpt2Layers layers: Int,
        heads: Int,
        channels: Int,
        hidden: Int?,
        maximumSequence: Int,
        vocabulary: Int,
        paddedVocabulary: Int?
    ) throws(ReplayError) {
        self.init(
            layers: layers,
            heads: heads,
            keyValueHeads: heads,
            headWidth: try Self.headWidth(channels, heads: heads),
            channels: channels,
            hidden: hidden ?? channels.multipliedReportingOverflow(by: 4).partialValue,
            maximumSequence: maximumSequence,
            vocabulary: vocabulary,
            paddedVocabulary: paddedVocabulary ?? vocabulary
        )
    }
}

extension TransformerDescription {
    /// Creates the description of a GPT-2. `paddedVocabulary` defaults to `vocabulary`, `hidden` to four times `channels`.
    /// Only a model trained with another `attentionScale` than the usual one needs it.
    ///
    /// Throws `ReplayError.invalidDescription` naming the field that is out of bounds, or
    /// `ReplayError.unsupportedModel`.
    public init(
        layers: Int,
        heads: Int,
        channels: Int,
        hidden: Int? = nil,
        maximumSequence: Int,
        vocabulary: Int,
        paddedVocabulary: Int? = nil,
        activation: Activation = .geluTanh,
        hasBiases: Bool = true,
        normEpsilon: Float = 1e-5,
        attentionScale: Float? = nil
    ) throws(ReplayError) {
        var operations = ModelArchitecture.gpt2.operations
        operations.activation = activation
        operations.biases = hasBiases ? .body : []
        operations.normEpsilon = normEpsilon
        operations.attentionScale = attentionScale
        operations.isHeadTied = true
        let sizes = try ModelSizes(
            gpt2Layers: layers,
            heads: heads,
            channels: channels,
            hidden: hidden,
            maximumSequence: maximumSequence,
            vocabulary: vocabulary,
            paddedVocabulary: paddedVocabulary
        )
        try self.init(.gpt2, sizes: sizes, operations: operations)
    }
}
