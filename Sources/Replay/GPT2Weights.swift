/// A tensor as a file holds it.
struct StoredTensor: Sendable {
    /// The element type's name in safetensors, whatever the file's format.
    var type: String
    var shape: [Int]
    /// The bytes it spans in the file.
    var range: Range<Int>
    /// Elements between neighbours of each dimension; `nil` when the tensor is contiguous and row-major.
    var strides: [Int]?
}

/// Puts GPT-2 weights together from named tensors, under Hugging Face's or nanoGPT's names. Hugging Face's Conv1D keeps
/// linear weights as (in, out), nanoGPT's Linear as (out, in); shapes tell them apart, and the square attention
/// projection follows the qkv weight of its layer.
enum GPT2Weights {
    /// Makes the checkpoint. Every shape is checked before the parameters are allocated. `bytes` is the whole file.
    static func assemble(
        _ stored: [String: StoredTensor],
        bytes: UnsafeRawBufferPointer,
        path: String,
        overrides: CheckpointOverrides,
        updatesDone: Int?
    ) throws(ReplayError) -> Checkpoint {
        let tensors = try named(stored, path: path)
        let description = try describe(tensors, path: path, overrides: overrides)
        try refuseUnknown(tensors, description: description, path: path)
        let layouts = try orientations(tensors, description: description, path: path)
        let sources = try description.tensors.map { tensor throws(ReplayError) in
            try source(of: tensor, in: tensors, layouts: layouts, path: path)
        }
        try refuseUntiedHead(tensors, bytes: bytes, path: path)
        // Strides of zero let a few bytes pose as any number of parameters.
        guard description.parameterCount <= bytes.count / 2 else {
            let detail = "its tensors call for \(description.parameterCount) parameters, more than the file can hold"
            throw .malformedHeader(path: path, detail: detail)
        }
        var parameters = [Float](repeating: 0, count: description.parameterCount)
        parameters.withUnsafeMutableBufferPointer { output in
            for (tensor, source) in zip(description.tensors, sources) {
                let part = UnsafeMutableBufferPointer(rebasing: output[tensor.range])
                write(source, from: bytes, to: part, shape: tensor.shape)
            }
        }
        return try Checkpoint(
            description: description,
            parameters: parameters,
            updatesDone: updatesDone ?? CheckpointFile.number(inName: path),
            path: path
        )
    }

    /// The entries under their plain GPT-2 names, wrappers' prefixes and attention-mask buffers removed.
    private static func named(
        _ stored: [String: StoredTensor],
        path: String
    ) throws(ReplayError) -> [String: StoredTensor] {
        var tensors: [String: StoredTensor] = [:]
        for (name, entry) in stored.sorted(by: { $0.key < $1.key }) {
            var plain = Substring(name)
            for prefix in ["_orig_mod.", "module.", "_orig_mod.", "transformer."] where plain.hasPrefix(prefix) {
                plain = plain.dropFirst(prefix.count)
            }
            if plain.hasSuffix(".attn.bias") || plain.hasSuffix(".attn.masked_bias") { continue }
            guard tensors.updateValue(entry, forKey: String(plain)) == nil else {
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
        guard let wte = tensors["wte.weight"], tensors["h.0.attn.c_attn.weight"] != nil else {
            throw stranger(tensors, path: path)
        }
        guard let wpe = tensors["wpe.weight"] else { throw .missingTensor(path: path, name: "wpe.weight") }
        guard wte.shape.count == 2 else {
            throw .malformedHeader(path: path, detail: "wte.weight has shape \(wte.shape), expected two dimensions")
        }
        guard wpe.shape.count == 2, wpe.shape[1] == wte.shape[1] else {
            let expected = [wpe.shape.first ?? 0, wte.shape[1]]
            throw .wrongShape(path: path, name: "wpe.weight", expected: expected, actual: wpe.shape)
        }
        guard let heads = overrides.heads else {
            throw .missingOption(
                key: "model.heads",
                path: path,
                detail: "the file does not say how many heads the model has"
            )
        }
        if let vocabulary = overrides.vocabulary, vocabulary > wte.shape[0] {
            throw .conflictingOption(
                key: "model.vocabulary",
                configured: "\(vocabulary)",
                file: "at most \(wte.shape[0])",
                path: path
            )
        }
        var layers = 0
        while tensors["h.\(layers).ln_1.weight"] != nil || tensors["h.\(layers).attn.c_attn.weight"] != nil {
            layers += 1
        }
        return try TransformerDescription(
            layers: layers,
            heads: heads,
            channels: wte.shape[1],
            maximumSequence: wpe.shape[0],
            vocabulary: overrides.vocabulary ?? wte.shape[0],
            paddedVocabulary: wte.shape[0],
            activation: overrides.activation ?? .geluTanh,
            hasBiases: tensors["h.0.attn.c_attn.bias"] != nil
        )
    }

    /// Says what a file without GPT-2's tensors seems to be.
    private static func stranger(_ tensors: [String: StoredTensor], path: String) -> ReplayError {
        let names = tensors.keys.sorted()
        if names.contains(where: { $0.hasPrefix("exp_avg") }) {
            return .unsupportedFormat(path: path, format: "an optimizer state", remedy: "give the model's file")
        }
        if names.contains(where: { $0.hasPrefix("model.layers.") }) {
            return .unsupportedModel(path: path, detail: "the names are those of the Llama family")
        }
        if names.contains(where: { $0.hasSuffix(".attn.c_q.weight") }) {
            return .unsupportedModel(path: path, detail: "the names are those of nanochat")
        }
        return .missingTensor(path: path, name: names.contains("wte.weight") ? "h.0.attn.c_attn.weight" : "wte.weight")
    }

    private static func refuseUnknown(
        _ tensors: [String: StoredTensor],
        description: TransformerDescription,
        path: String
    ) throws(ReplayError) {
        let known = Set(description.tensors.map(\.name)).union(["lm_head.weight"])
        if let name = tensors.keys.sorted().first(where: { !known.contains($0) }) {
            throw .unexpectedTensor(path: path, name: name)
        }
    }

    /// Per layer, whether its linear weights are (in, out).
    private static func orientations(
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

    private struct Source {
        var tensor: StoredTensor
        var type: ElementType
        /// Elements between rows and between columns of the tensor as the model wants it.
        var rowStride: Int
        var columnStride: Int
    }

    private static func source(
        of tensor: ParameterTensor,
        in tensors: [String: StoredTensor],
        layouts: [Bool],
        path: String
    ) throws(ReplayError) -> Source {
        guard let entry = tensors[tensor.name] else { throw .missingTensor(path: path, name: tensor.name) }
        guard let type = ElementType(rawValue: entry.type) else {
            throw .unsupportedElementType(path: path, name: tensor.name, type: entry.type)
        }
        var transposed = false
        if let layer = tensor.layer, tensor.shape.count == 2 { transposed = layouts[layer] }
        let expected = transposed ? Array(tensor.shape.reversed()) : tensor.shape
        guard entry.shape == expected else {
            throw .wrongShape(path: path, name: tensor.name, expected: expected, actual: entry.shape)
        }
        let strides = entry.strides ?? (expected.count == 2 ? [expected[1], 1] : [1])
        let (first, last) = (strides[0], strides[strides.count - 1])
        return Source(
            tensor: entry,
            type: type,
            rowStride: transposed ? last : first,
            columnStride: transposed ? first : last
        )
    }

    private static func write(
        _ source: Source,
        from bytes: UnsafeRawBufferPointer,
        to output: UnsafeMutableBufferPointer<Float>,
        shape: [Int]
    ) {
        let span = source.tensor.range.count / source.type.width
        let values = source.type.decode(.init(rebasing: bytes[source.tensor.range]), count: span)
        let rows = shape.count == 2 ? shape[0] : 1
        let columns = shape[shape.count - 1]
        // In tiles, so that a transposition stays within the cache.
        let tile = 32
        values.withUnsafeBufferPointer { input in
            for rowTile in stride(from: 0, to: rows, by: tile) {
                for columnTile in stride(from: 0, to: columns, by: tile) {
                    for row in rowTile..<min(rowTile + tile, rows) {
                        for column in columnTile..<min(columnTile + tile, columns) {
                            output[row * columns + column] =
                                input[row * source.rowStride + column * source.columnStride]
                        }
                    }
                }
            }
        }
    }

    /// A separate head is only accepted when it holds the very bytes of the embedding.
    private static func refuseUntiedHead(
        _ tensors: [String: StoredTensor],
        bytes: UnsafeRawBufferPointer,
        path: String
    ) throws(ReplayError) {
        guard let head = tensors["lm_head.weight"], let wte = tensors["wte.weight"], head.range != wte.range else {
            return
        }
        guard head.type == wte.type, head.shape == wte.shape, head.strides == wte.strides,
            bytes[head.range].elementsEqual(bytes[wte.range])
        else {
            throw .unsupportedModel(path: path, detail: "its head (lm_head.weight) is not tied to the embedding")
        }
    }
}
