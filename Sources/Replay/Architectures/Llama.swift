extension ModelArchitecture {
    /// Llama-2 and -3: rotary positions, RMSNorm, grouped queries, SwiGLU; under Hugging Face's names, where all linear
    /// weights are (out, in).
    public static let llama = ModelArchitecture(
        id: "llama",
        title: "Llama",
        signs: [.prefix("model.layers."), .exact("model.embed_tokens.weight")],
        names: .llama(),
        operations: ModelOperations(norm: .rms, activation: .silu, isGated: true, rotary: RotaryEmbedding()),
        head: .either,
        sizes: { tensors, overrides throws(ReplayError) in
            try .of(tensors, overrides, context: 1 << 17)
        },
        adjust: { operations, _, overrides, _ throws(ReplayError) in operations.apply(overrides) },
        moduleOrder: HuggingFaceFamilies.llamaOrder,
        configuration: HuggingFaceReading(
            types: ["llama"],
            classes: ["LlamaForCausalLM"],
            isTied: false,
            read: { keys, operations, _ throws(ReplayError) in
                operations.biases = try keys.biases(attention: [.attention, .projection])
            }
        ),
        llmc: LlmcLayout(magic: 20_240_803, describe: LlmcLlama.describe)
    )
}

/// llm.c's Llama-3: the header holds context, V, L, heads, kv heads and C. It is lossy: fractions were cut to integers, so
/// that the width of the MLP follows from the file's size, and the norm's epsilon is Llama-3's unless configured.
private enum LlmcLlama {
    static func describe(
        _ header: LlmcHeader,
        _ overrides: CheckpointOverrides
    ) throws(ReplayError) -> TransformerDescription {
        let hidden = try hiddenWidth(header)
        var operations = ModelArchitecture.llama.operations
        operations.rotary = RotaryEmbedding(base: Float(header[11]), pairing: .adjacent)
        if header[12] != 0 {
            operations.rotary?.scaling = .llama3(factor: 8, low: 1, high: 4, originalContext: 8192)
        }
        operations.apply(overrides)
        return try header.wellFormed { () throws(ReplayError) in
            let sizes = ModelSizes(
                layers: header[4],
                heads: header[5],
                keyValueHeads: header[6],
                headWidth: header[7] / header[5],
                channels: header[7],
                hidden: hidden,
                maximumSequence: header[2],
                vocabulary: header[3],
                paddedVocabulary: header[3]
            )
            return try TransformerDescription(.llama, sizes: sizes, operations: operations)
        }
    }

    /// The width with which the tensors fill the file.
    private static func hiddenWidth(_ header: LlmcHeader) throws(ReplayError) -> Int {
        let (vocabulary, layers, heads, keyValueHeads, channels) = (
            header[3], header[4], header[5], header[6], header[7]
        )
        // Bounds that keep the products below within 62 bits.
        guard (1...1 << 24).contains(vocabulary), (1...4096).contains(layers), (1...1 << 18).contains(channels),
            (1...channels).contains(heads), (1...heads).contains(keyValueHeads), channels % heads == 0
        else {
            let detail = "a size is zero, too large, or does not divide another"
            throw .malformedHeader(path: header.path, detail: detail)
        }
        let parameters = header.valueCount
        let attention = 2 * channels * channels + 2 * keyValueHeads * (channels / heads) * channels
        let fixed = 2 * vocabulary * channels + layers * (attention + 2 * channels) + channels
        let (left, each) = (parameters - fixed, 3 * layers * channels)
        guard left > 0, left % each == 0 else {
            throw .truncated(
                path: header.path,
                expectedBytes: LlmcHeader.byteCount + header.type.width
                    * (fixed + max(1, (left + each - 1) / each) * each),
                actualBytes: LlmcHeader.byteCount + header.type.width * max(parameters, 0)
            )
        }
        return left / each
    }
}
