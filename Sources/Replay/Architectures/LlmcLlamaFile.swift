/// llm.c's Llama-3 model file: the header holds context, V, L, heads, kv heads and C. It is lossy: fractions were cut to
/// integers, so that the width of the MLP follows from the file's size, and the norm's epsilon is Llama-3's unless
/// configured.
enum LlmcLlamaFile {
    static let magic: UInt32 = 20_240_803

    static func parse(
        _ bytes: UnsafeRawBufferPointer,
        file: FileMapping?,
        path: String,
        overrides: CheckpointOverrides
    ) throws(ReplayError) -> Checkpoint {
        let header = try LlmcHeader(bytes, path: path)
        let count = (bytes.count - LlmcHeader.byteCount) / header.type.width
        let hidden = try hiddenWidth(header, parameters: count, path: path)
        var rotary = RotaryEmbedding(base: Float(header[11]), pairing: .adjacent)
        if header[12] != 0 { rotary.scaling = .llama3(factor: 8, low: 1, high: 4, originalContext: 8192) }
        if let base = overrides.ropeBase { rotary.base = base }
        let description: TransformerDescription
        do throws(ReplayError) {
            description = try TransformerDescription(
                llamaLayers: header[4],
                heads: header[5],
                keyValueHeads: header[6],
                channels: header[7],
                hidden: hidden,
                maximumSequence: header[2],
                vocabulary: header[3],
                activation: overrides.activation ?? .silu,
                normEpsilon: overrides.normEpsilon ?? 1e-5,
                rotary: overrides.rotary ?? rotary
            )
        } catch {
            throw .malformedHeader(path: path, detail: "\(error)")
        }
        return try header.checkpoint(description, file: file, overrides: overrides)
    }

    /// The width with which the tensors fill the file.
    private static func hiddenWidth(
        _ header: LlmcHeader,
        parameters: Int,
        path: String
    ) throws(ReplayError) -> Int {
        let (vocabulary, layers, heads, keyValueHeads, channels) = (
            header[3], header[4], header[5], header[6], header[7]
        )
        // Bounds that keep the products below within 62 bits.
        guard (1...1 << 24).contains(vocabulary), (1...4096).contains(layers), (1...1 << 18).contains(channels),
            (1...channels).contains(heads), (1...heads).contains(keyValueHeads), channels % heads == 0
        else {
            throw .malformedHeader(path: path, detail: "a size is zero, too large, or does not divide another")
        }
        let attention = 2 * channels * channels + 2 * keyValueHeads * (channels / heads) * channels
        let fixed = 2 * vocabulary * channels + layers * (attention + 2 * channels) + channels
        let (left, each) = (parameters - fixed, 3 * layers * channels)
        guard left > 0, left % each == 0 else {
            throw .truncated(
                path: path,
                expectedBytes: LlmcHeader.byteCount + header.type.width
                    * (fixed + max(1, (left + each - 1) / each) * each),
                actualBytes: LlmcHeader.byteCount + header.type.width * max(parameters, 0)
            )
        }
        return left / each
    }
}
