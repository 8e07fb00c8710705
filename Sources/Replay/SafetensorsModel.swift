/// GPT-2 in a safetensors file.
enum SafetensorsModel {
    static func parse(
        _ bytes: UnsafeRawBufferPointer,
        path: String,
        overrides: CheckpointOverrides
    ) throws(ReplayError) -> Checkpoint {
        let header = try SafetensorsHeader.parse(bytes, path: path)
        let tensors = header.entries.mapValues { entry in
            let start = header.dataStart + entry.range.lowerBound
            return StoredTensor(type: entry.type, shape: entry.shape, range: start..<start + entry.range.count)
        }
        return try GPT2Weights.assemble(
            tensors,
            bytes: bytes,
            path: path,
            overrides: overrides,
            updatesDone: header.metadata["step"].flatMap { Int($0) }
        )
    }
}
