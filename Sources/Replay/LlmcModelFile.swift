import Foundation

/// llm.c's GPT-2 model file: 256 little-endian int32 (magic, version, maxT, V, L, heads, C, Vp), then every tensor of
/// `TransformerDescription` in its order without padding; fp32 in version 3, bf16 in version 5.
enum LlmcModelFile {
    static let magic: UInt32 = 20_240_326
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
        let version = field(1)
        guard version == 3 || version == 5 else {
            throw .malformedHeader(path: path, detail: "version is \(version), expected 3 (fp32) or 5 (bf16)")
        }
        let description = try describe(field, path: path, overrides: overrides)
        let width = version == 3 ? 4 : 2
        let count = description.parameterCount
        let (payload, overflow) = count.multipliedReportingOverflow(by: width)
        let (expected, overflow2) = payload.addingReportingOverflow(headerBytes)
        guard !overflow, !overflow2 else {
            throw .malformedHeader(path: path, detail: "the sizes call for more bytes than can be addressed")
        }
        guard bytes.count >= expected else {
            throw .truncated(path: path, expectedBytes: expected, actualBytes: bytes.count)
        }
        guard bytes.count == expected else {
            throw .trailingBytes(path: path, expectedBytes: expected, actualBytes: bytes.count)
        }
        let body = UnsafeRawBufferPointer(rebasing: bytes[headerBytes...])
        let parameters = (version == 3 ? ElementType.f32 : .bf16).decode(body, count: count)
        return try Checkpoint(
            description: description,
            parameters: parameters,
            updatesDone: CheckpointFile.number(inName: path),
            path: path
        )
    }

    private static func describe(
        _ field: (Int) -> Int,
        path: String,
        overrides: CheckpointOverrides
    ) throws(ReplayError) -> TransformerDescription {
        let description: TransformerDescription
        do throws(ReplayError) {
            description = try TransformerDescription(
                layers: field(4),
                heads: field(5),
                channels: field(6),
                maximumSequence: field(2),
                vocabulary: field(3),
                paddedVocabulary: field(7),
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
        var header = [Int32](repeating: 0, count: headerBytes / 4)
        let fields: [Int] = [
            Int(magic), 3, model.maximumSequence, model.vocabulary, model.layers, model.heads, model.channels,
            model.paddedVocabulary,
        ]
        for (index, value) in fields.enumerated() { header[index] = Int32(clamping: value).littleEndian }
        var data = Data(capacity: headerBytes + 4 * checkpoint.parameters.count)
        header.withUnsafeBytes { data.append(contentsOf: $0) }
        // Every platform this builds for stores floats little-endian.
        checkpoint.parameters.withUnsafeBytes { data.append(contentsOf: $0) }
        return data
    }
}
