/// What llm.c's model files begin with: 256 little-endian int32, of which the first two are magic and version. The tensors
/// follow in the order of `TransformerDescription`, without padding; fp32 in version 3, bf16 in version 5.
struct LlmcHeader {
    /// Bytes before the tensors.
    static let byteCount = 1024

    let type: ElementType
    private let bytes: UnsafeRawBufferPointer
    private let path: String

    /// Throws `ReplayError.truncated` or `ReplayError.malformedHeader`.
    init(_ bytes: UnsafeRawBufferPointer, path: String) throws(ReplayError) {
        guard bytes.count >= Self.byteCount else {
            throw .truncated(path: path, expectedBytes: Self.byteCount, actualBytes: bytes.count)
        }
        self.bytes = bytes
        self.path = path
        switch Self.field(1, of: bytes) {
        case 3: type = .f32
        case 5: type = .bf16
        case let version:
            throw .malformedHeader(path: path, detail: "version is \(version), expected 3 (fp32) or 5 (bf16)")
        }
    }

    /// One of the 256 numbers.
    subscript(_ index: Int) -> Int { Self.field(index, of: bytes) }

    private static func field(_ index: Int, of bytes: UnsafeRawBufferPointer) -> Int {
        Int(Int32(littleEndian: bytes.loadUnaligned(fromByteOffset: 4 * index, as: Int32.self)))
    }

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
