/// llm.c's Llama-3 model file: 256 little-endian int32 (magic, version, context, V, L, heads, kv heads, C, …), then every
/// tensor of `TransformerDescription` in its order. The header is lossy: fractions were cut to integers, so that the width
/// of the MLP follows from the file's size, and the norm's epsilon is Llama-3's unless configured.
enum LlmcLlamaFile {
    static let magic: UInt32 = 20_240_803
    private static let headerBytes = 1024

    static func parse(
        _ bytes: UnsafeRawBufferPointer,
        path: String,
        overrides: CheckpointOverrides
    ) throws(ReplayError) -> Checkpoint {
        guard bytes.count >= headerBytes else {
            throw .truncated(path: path, expectedBytes: headerBytes, actualBytes: bytes.count)
        }
        func field(_ index: Int) -> Int {
            Int(Int32(littleEndian: bytes.loadUnaligned(fromByteOffset: 4 * index, as: Int32.self)))
        }
        guard field(1) == 3 || field(1) == 5 else {
            throw .malformedHeader(path: path, detail: "version is \(field(1)), expected 3 (fp32) or 5 (bf16)")
        }
        let type = field(1) == 3 ? ElementType.f32 : .bf16
        let count = (bytes.count - headerBytes) / type.width
        let hidden = try hiddenWidth(field, parameters: count, path: path)
        var rotary = RotaryEmbedding(base: Float(field(11)), pairing: .adjacent)
        if field(12) != 0 { rotary.scaling = .llama3(factor: 8, low: 1, high: 4, originalContext: 8192) }
        if let base = overrides.ropeBase { rotary.base = base }
        let description: TransformerDescription
        do throws(ReplayError) {
            description = try TransformerDescription(
                llamaLayers: field(4),
                heads: field(5),
                keyValueHeads: field(6),
                channels: field(7),
                hidden: hidden,
                maximumSequence: field(2),
                vocabulary: field(3),
                activation: overrides.activation ?? .silu,
                normEpsilon: overrides.normEpsilon ?? 1e-5,
                rotary: overrides.rotary ?? rotary
            )
        } catch {
            throw .malformedHeader(path: path, detail: "\(error)")
        }
        let expected = headerBytes + description.parameterCount * type.width
        guard bytes.count == expected else {
            throw .truncated(path: path, expectedBytes: expected, actualBytes: bytes.count)
        }
        let body = UnsafeRawBufferPointer(rebasing: bytes[headerBytes...])
        return try Checkpoint(
            description: description,
            parameters: type.decode(body, count: count),
            updatesDone: CheckpointFile.number(inName: path),
            path: path
        )
    }

    /// The width with which the tensors fill the file.
    private static func hiddenWidth(
        _ field: (Int) -> Int,
        parameters: Int,
        path: String
    ) throws(ReplayError) -> Int {
        let (vocabulary, layers, heads, keyValueHeads, channels) = (field(3), field(4), field(5), field(6), field(7))
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
                expectedBytes: headerBytes + 4 * (fixed + max(1, (left + each - 1) / each) * each),
                actualBytes: headerBytes + 4 * max(parameters, 0)
            )
        }
        return left / each
    }
}
