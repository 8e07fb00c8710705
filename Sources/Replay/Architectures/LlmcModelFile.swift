import Foundation

/// llm.c's GPT-2 model file: the header holds maxT, V, L, heads, C and Vp.
enum LlmcModelFile {
    static let magic: UInt32 = 20_240_326

    static func parse(
        _ bytes: UnsafeRawBufferPointer,
        file: FileMapping?,
        path: String,
        overrides: CheckpointOverrides
    ) throws(ReplayError) -> Checkpoint {
        let header = try LlmcHeader(bytes, path: path)
        let description = try describe(header, path: path, overrides: overrides)
        return try header.checkpoint(description, file: file, overrides: overrides)
    }

    private static func describe(
        _ header: LlmcHeader,
        path: String,
        overrides: CheckpointOverrides
    ) throws(ReplayError) -> TransformerDescription {
        let description: TransformerDescription
        do throws(ReplayError) {
            description = try TransformerDescription(
                layers: header[4],
                heads: header[5],
                channels: header[6],
                maximumSequence: header[2],
                vocabulary: header[3],
                paddedVocabulary: header[7],
                activation: overrides.activation ?? .geluTanh,
                attentionScale: overrides.attentionScale
            )
        } catch {
            throw .malformedHeader(path: path, detail: "\(error)")
        }
        try agree(overrides.heads, description.heads, key: "model.heads", path: path)
        try agree(overrides.vocabulary, description.vocabulary, key: "model.vocabulary", path: path)
        return description
    }

    private static func agree(_ configured: Int?, _ file: Int, key: String, path: String) throws(ReplayError) {
        guard let configured, configured != file else { return }
        throw .conflictingOption(key: key, configured: "\(configured)", file: "\(file)", path: path)
    }

    static func serialise(_ checkpoint: Checkpoint, path: String) throws(ReplayError) -> Data {
        let model = checkpoint.description
        guard model.architecture == .gpt2, model.hidden == 4 * model.channels else {
            throw .unsupportedModel(path: path, detail: "llm.c model files hold a GPT-2, this model is another")
        }
        guard model.hasBiases else {
            throw .unsupportedModel(path: path, detail: "llm.c model files hold biases, this model has none")
        }
        var header = [Int32](repeating: 0, count: LlmcHeader.byteCount / 4)
        let fields: [Int] = [
            Int(magic), 3, model.maximumSequence, model.vocabulary, model.layers, model.heads, model.channels,
            model.paddedVocabulary,
        ]
        for (index, value) in fields.enumerated() { header[index] = Int32(clamping: value).littleEndian }
        var data = Data(capacity: LlmcHeader.byteCount + 4 * checkpoint.parameters.count)
        header.withUnsafeBytes { data.append(contentsOf: $0) }
        // Every platform this builds for stores floats little-endian.
        checkpoint.parameters.withUnsafeBytes { data.append(contentsOf: $0) }
        return data
    }
}
