import Foundation

extension CheckpointForm {
    /// llm.c's model files: a header, and the tensors in the order of the C model.
    static let llmc = CheckpointForm(
        title: "an llm.c model file",
        suffixes: ["bin"],
        recognition: .bytes { LlmcForm.layout(of: $0) != nil },
        read: LlmcForm.read
    )
}

extension UnreadForm {
    static let llmcDebugState = UnreadForm(
        matches: { LlmcHeader.magic(of: $0) == LlmcHeader.Magic.debugState },
        error: { .unsupportedFormat(path: $0, format: "an llm.c debug state", remedy: "give its model file") }
    )

    static let llmcOptimizer = UnreadForm(
        matches: { LlmcHeader.magic(of: $0) == LlmcHeader.Magic.optimizer },
        error: { .unsupportedFormat(path: $0, format: "an llm.c optimizer state", remedy: "give its model file") }
    )

    static let llmcShard = UnreadForm(
        matches: { LlmcHeader.magic(of: $0) == LlmcHeader.Magic.shard },
        error: { .unknownFormat(path: $0, detail: "it is an llm.c token shard") }
    )
}

enum LlmcForm {
    fileprivate static func read(
        _ source: CheckpointSource,
        _ overrides: CheckpointOverrides
    ) throws(ReplayError) -> Checkpoint {
        let header = try LlmcHeader(source.bytes, path: source.path)
        guard let layout = layout(of: source.bytes) else {
            throw .unknownFormat(path: source.path, detail: "its magic number is \(header[0])")
        }
        let description = try layout.describe(header, overrides)
        return try header.checkpoint(description, file: source.file, overrides: overrides)
    }

    /// How the model lies in a file that begins so; `nil` where it is none of llm.c's models.
    fileprivate static func layout(of bytes: UnsafeRawBufferPointer) -> LlmcLayout? {
        let magic = LlmcHeader.magic(of: bytes)
        return ModelArchitecture.all.lazy.compactMap(\.llmc).first { $0.magic == magic }
    }

    static func serialise(_ checkpoint: Checkpoint, path: String) throws(ReplayError) -> Data {
        let model = checkpoint.description
        guard let layout = model.architecture.llmc, let fields = layout.fields else {
            throw .unsupportedModel(path: path, detail: "llm.c model files hold a GPT-2, this model is another")
        }
        var header = [Int32](repeating: 0, count: LlmcHeader.byteCount / 4)
        for (index, value) in ([Int(layout.magic), 3] + (try fields(model, path))).enumerated() {
            header[index] = Int32(clamping: value).littleEndian
        }
        var data = Data(capacity: LlmcHeader.byteCount + 4 * checkpoint.parameters.count)
        header.withUnsafeBytes { data.append(contentsOf: $0) }
        // Every platform this builds for stores floats little-endian.
        checkpoint.parameters.withUnsafeBytes { data.append(contentsOf: $0) }
        return data
    }
}

extension LlmcHeader {
    /// The tensors of a description, which must fill the file. `file` is where the bytes lie, if the weights may stay there.
    ///
    /// Throws `ReplayError.truncated`, `ReplayError.trailingBytes` or `ReplayError.malformedHeader`.
    func checkpoint(
        _ description: TransformerDescription,
        file: FileMapping?,
        overrides: CheckpointOverrides
    ) throws(ReplayError) -> Checkpoint {
        let (payload, overflow) = description.parameterCount.multipliedReportingOverflow(by: type.width)
        let (expected, overflow2) = payload.addingReportingOverflow(Self.byteCount)
        guard !overflow, !overflow2 else {
            throw .malformedHeader(path: path, detail: "the sizes call for more bytes than can be addressed")
        }
        guard bytes.count >= expected else {
            throw .truncated(path: path, expectedBytes: expected, actualBytes: bytes.count)
        }
        guard bytes.count == expected else {
            throw .trailingBytes(path: path, expectedBytes: expected, actualBytes: bytes.count)
        }
        let body = UnsafeRawBufferPointer(rebasing: bytes[Self.byteCount...])
        let storage: ModelParameters
        if let file, description.parameterCount >= overrides.mappedFrom {
            let places = description.tensors.map { tensor in
                let range = tensor.range.lowerBound * type.width..<tensor.range.upperBound * type.width
                let columns = tensor.shape.last ?? 1
                let part = UnsafeRawBufferPointer(rebasing: body[range])
                return MappedParameters.Place(
                    tensor: tensor,
                    bytes: part,
                    type: type,
                    rowStride: columns,
                    columnStride: 1
                )
            }
            storage = .mapped(MappedParameters(places, description: description, files: [file]))
        } else {
            storage = .values(type.decode(body, count: description.parameterCount))
        }
        let updates = CheckpointFile.number(inName: path)
        return Checkpoint(description: description, storage: storage, updatesDone: updates, path: path)
    }
}
